//! Rewriting is chosen, never by accident; monitor mode only watches; the
//! strictest decision wins.

use std::time::{Duration, Instant};

use engine::policy::{About, Action};
use engine::screen::Exchange;
use engine::text::{Direction, Role, Text};
use tests::dice::Dice;
use tests::shipped;

const HOSTS: &[&str] = &[
    "docs.python.org",
    "www.kernel.org",
    "en.wikipedia.org",
    "github.com",
    "example.com",
    "crates.io",
    "www.gov.uk",
    "news.ycombinator.com",
    "arxiv.org",
    "blog.cloudflare.com",
    "api.internal.example.net",
    "data.europa.eu",
    "museum.or.jp",
];
const PATHS: &[&str] = &[
    "",
    "/",
    "/en/latest/index.html",
    "/search?q=rust+lifetimes&page=2",
    "/2024/03/17/release-notes/",
    "/wiki/Turing_machine",
    "/a/b/c#section-4.2",
    "/v1/items/4815?sort=asc",
    "/download/tool-2.14.1-x86_64.tar.gz",
    "/issues/18273",
];
const THINGS: &[&str] = &[
    "the load balancer",
    "the museum",
    "the new release",
    "the ferry timetable",
    "the data centre",
    "the village library",
    "the backup job",
    "the training run",
    "the orchard",
    "the river gauge",
    "the print queue",
    "the conference",
    "der Server",
    "la biblioteca",
    "le serveur",
    "数据中心",
    "图书馆",
    "会議",
];
const VERBS: &[&str] = &[
    "was updated",
    "moved",
    "restarted",
    "opened again",
    "was measured",
    "answers slowly",
    "is documented",
    "was discussed",
    "closed for repairs",
    "grew by a third",
    "is planned",
    "已经更新",
    "was renamed",
];

fn date(dice: &mut Dice) -> String {
    let (year, month, day) = (
        dice.within(1987, 2027),
        dice.within(1, 12),
        dice.within(1, 28),
    );
    let name = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ][month - 1];
    match dice.roll(8) {
        0 => format!("{year}-{month:02}-{day:02}"),
        1 => format!("{day}.{month}.{year}"),
        2 => format!("{month}/{day}/{year}"),
        3 => format!("{day} {name} {year}"),
        4 => format!("{name} {day}, {year}"),
        5 => format!(
            "{year}-{month:02}-{day:02}T{:02}:{:02}:00Z",
            dice.roll(24),
            dice.roll(60)
        ),
        6 => format!("{year}年{month}月{day}日"),
        _ => format!("{name} {year}"),
    }
}

fn address(dice: &mut Dice) -> String {
    match dice.roll(6) {
        0 => format!(
            "10.{}.{}.{}",
            dice.roll(256),
            dice.roll(256),
            dice.roll(256)
        ),
        1 => format!("192.168.{}.{}/24", dice.roll(256), dice.roll(256)),
        2 => format!(
            "{}.{}.{}.{}",
            dice.within(11, 99),
            dice.roll(256),
            dice.roll(256),
            dice.within(1, 254)
        ),
        3 => format!(
            "{}.{}.{}.{}:8080",
            dice.within(130, 168),
            dice.roll(256),
            dice.roll(256),
            dice.within(1, 254)
        ),
        4 => format!(
            "2001:db8:{:x}::{:x}",
            dice.within(1, 65535),
            dice.within(1, 65535)
        ),
        _ => "::1".to_owned(),
    }
}

fn url(dice: &mut Dice) -> String {
    let scheme = dice.pick(&["https://", "https://", "http://", ""]);
    format!("{scheme}{}{}", dice.pick(HOSTS), dice.pick(PATHS))
}

fn number(dice: &mut Dice) -> String {
    match dice.roll(6) {
        0 => format!("{}.{}.{}", dice.within(0, 20), dice.roll(30), dice.roll(10)),
        1 => format!("{} %", dice.roll(100)),
        2 => format!("{},{:03}", dice.within(1, 999), dice.roll(1000)),
        3 => format!("{}.{:02} EUR", dice.within(1, 90_000), dice.roll(100)),
        4 => format!("{} KiB", dice.within(1, 65_536)),
        _ => format!("{}", dice.within(1, 99_999)),
    }
}

fn sentence(dice: &mut Dice) -> String {
    let (thing, verb) = (dice.pick(THINGS).to_owned(), dice.pick(VERBS));
    match dice.roll(14) {
        0 => format!(
            "On {}, {thing} {verb}; details are at {}.",
            date(dice),
            url(dice)
        ),
        1 => format!("See [{thing}]({}) for more.", url(dice)),
        2 => format!("Between {} and {} {thing} {verb}.", date(dice), date(dice)),
        3 => format!(
            "Ping {} first, then {}; both should reply within {} ms.",
            address(dice),
            address(dice),
            dice.within(1, 400)
        ),
        4 => format!(
            "```\n$ curl -s {}\n{} - - [{}] \"GET / HTTP/1.1\" 200 {}\n```",
            url(dice),
            address(dice),
            date(dice),
            number(dice)
        ),
        5 => format!(
            "{thing} {verb} from version {} to {} on {}.",
            number(dice),
            number(dice),
            date(dice)
        ),
        6 => format!(
            "1. Open {}\n2. Set the address to {}\n3. Wait until {}",
            url(dice),
            address(dice),
            date(dice)
        ),
        7 => format!(
            "| date | count |\n|---|---|\n| {} | {} |\n| {} | {} |",
            date(dice),
            number(dice),
            date(dice),
            number(dice)
        ),
        8 => format!("{thing}于{}更新，详见 {} 。", date(dice), url(dice)),
        9 => format!(
            "Der Bericht vom {} nennt {} und {}.",
            date(dice),
            number(dice),
            number(dice)
        ),
        10 => format!(
            "The route 0.0.0.0/0 goes through {}, the log is from {}.",
            address(dice),
            date(dice)
        ),
        11 => format!(
            "In all, {} of {} samples {verb}, up from {} in {}.",
            number(dice),
            number(dice),
            number(dice),
            dice.within(1900, 2030)
        ),
        12 => format!(
            "`{{\"host\": \"{}\", \"since\": \"{}\", \"size\": {}}}`",
            dice.pick(HOSTS),
            date(dice),
            dice.within(1, 99_999)
        ),
        _ => format!(
            "Copyright {} to {}, {thing}. {}",
            dice.within(1970, 2010),
            dice.within(2011, 2027),
            url(dice)
        ),
    }
}

#[test]
fn ordinary_answers_are_not_changed() {
    let mut dice = Dice::new(2);
    let mut changed = Vec::new();
    let mut noted = 0;
    for _ in 0..1_000 {
        let count = dice.within(2, 8);
        let answer: Vec<String> = (0..count).map(|_| sentence(&mut dice)).collect();
        let answer = answer.join(dice.pick(&[" ", "\n", "\n\n"]));
        let verdict = shipped::screen(
            shipped::snapshot(),
            Direction::Output,
            Role::Assistant,
            &answer,
        );
        noted += verdict.findings.len();
        if verdict.action >= Action::Redact
            || !verdict.edits.is_empty()
            || !verdict.degraded.is_empty()
        {
            let acted = verdict
                .reasons
                .iter()
                .filter(|reason| reason.action >= Action::Redact);
            let findings = acted.filter_map(|reason| match reason.about {
                About::Finding(i) => verdict.findings.get(i),
                About::Degradation(_) => None,
            });
            let shown: Vec<String> = findings
                .map(|f| format!("{} {:?} {:?}", f.rule, f.confidence, f.span.of(&answer)))
                .collect();
            changed.push(format!(
                "{:?} {shown:?} {:?}",
                verdict.action, verdict.degraded
            ));
        }
    }
    println!("{noted} findings noted in 1,000 answers");
    assert!(noted > 1_000, "URLs and addresses must be seen");
    assert!(
        changed.is_empty(),
        "{} answers changed:\n{}",
        changed.len(),
        changed.join("\n")
    );
}

/// Texts that the default policy redacts or blocks: examples, as they are.
fn acted_on() -> Vec<(Role, Direction, String, Action)> {
    let cases = shipped::example_texts().into_iter();
    let acted = cases.filter_map(|(role, direction, body)| {
        let action = shipped::screen(shipped::snapshot(), direction, role, &body).action;
        (action >= Action::Redact).then_some((role, direction, body, action))
    });
    acted.collect()
}

#[test]
fn monitor_mode_says_and_does_not_do() {
    let acted = acted_on();
    let blocked = acted.iter().filter(|case| case.3 == Action::Block).count();
    assert!(blocked > 20 && acted.len() - blocked > 50);
    for (role, direction, body, action) in acted {
        let verdict =
            shipped::screen_as(shipped::snapshot(), Some("monitor"), direction, role, &body);
        assert_eq!(verdict.policy, "monitor");
        assert_eq!(
            verdict.wanted, action,
            "monitor repeats the default's decisions: {body:?}"
        );
        assert!(
            verdict.action < Action::Redact && verdict.edits.is_empty(),
            "{body:?}"
        );
    }
}

#[test]
fn the_strictest_decision_over_all_texts_wins() {
    let mut all: Vec<(Role, String, Action)> = Vec::new();
    for (role, _, body) in shipped::example_texts() {
        let action = shipped::screen(shipped::snapshot(), Direction::Prompt, role, &body).action;
        all.push((role, body, action));
    }
    let mut dice = Dice::new(3);
    let mut seen = [0; 4];
    for _ in 0..400 {
        let chosen: Vec<&(Role, String, Action)> =
            (0..dice.within(1, 4)).map(|_| dice.one(&all)).collect();
        let texts: Vec<Text<'_>> = chosen
            .iter()
            .map(|(role, body, _)| Text { role: *role, body })
            .collect();
        let screen = |texts: &[Text<'_>]| {
            let deadline = Instant::now() + Duration::from_secs(600);
            shipped::snapshot().screen(&Exchange {
                tenant: "tenant",
                session: "session",
                policy: None,
                direction: Direction::Prompt,
                texts,
                deadline,
            })
        };
        let verdict = screen(&texts);
        let strictest = chosen.iter().map(|one| one.2).max().unwrap();
        assert_eq!(verdict.action, strictest);
        // Each text's findings are its own, whatever stands beside it.
        let sum: usize = texts
            .iter()
            .map(|text| screen(std::slice::from_ref(text)).findings.len())
            .sum();
        assert_eq!(verdict.findings.len(), sum);
        let reversed: Vec<Text<'_>> = texts.iter().rev().copied().collect();
        assert_eq!(
            screen(&reversed).action,
            strictest,
            "the order of texts says nothing"
        );
        seen[strictest as usize] += 1;
    }
    assert!(seen.iter().all(|&count| count >= 5), "{seen:?}");
}

/// Of two policies the one named stricter never does less.
#[test]
fn the_strict_policy_is_never_milder() {
    for (role, direction, body) in shipped::example_texts() {
        let action = |policy| {
            shipped::screen_as(shipped::snapshot(), Some(policy), direction, role, &body).action
        };
        let (default, strict) = (action("default"), action("strict"));
        assert!(
            strict >= default,
            "{default:?}, but strict says {strict:?}: {body:?}"
        );
    }
}
