//! From a configuration file to a [`Config`], with a place for every mistake.
//!
//! It reads the tree that `rules::yaml` makes, so the file is YAML of the same
//! strict kind as rule files, and mistakes look the same.

use std::borrow::Cow;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use rules::report::{self, Code, File, Place, Report, nearest};
use rules::yaml::{self, Kind, Node, Style};

use super::{
    BackendName, Caller, Config, Decisions, Fault, Level, Limits, Log, LogFormat, Reload, Tls,
};

/// A configuration file as read.
pub struct Document {
    file: Arc<File>,
    root: Option<Node>,
}

impl Document {
    /// Reads a file's text; what stands in no key keeps its default. Reports
    /// every mistake of form. Values are judged by [`Config::faults`], after
    /// the command line has had its say, and [`Document::report`] places them.
    pub fn read(name: &str, text: String) -> (Document, Config, Vec<Report>) {
        let file = Arc::new(File {
            name: name.to_owned(),
            text: Cow::Owned(text),
        });
        let mut config = Config::default();
        let mut reports = Vec::new();
        // No key at all is a configuration: every default.
        let nothing = file.text.lines().all(|line| {
            let line = line.trim();
            line.is_empty() || line.starts_with('#')
        });
        let root = if nothing {
            None
        } else {
            yaml::parse(&file, &mut reports)
        };
        if let Some(root) = &root {
            let mut reader = Reader {
                file: &file,
                reports: &mut reports,
            };
            reader.config(root, &mut config);
        }
        (Document { file, root }, config, reports)
    }

    /// A fault, shown where its value stands; if the file does not say it, where
    /// the file ends being specific.
    pub fn report(&self, fault: &Fault) -> Report {
        let mut range = 0..0;
        let mut node = self.root.as_ref();
        for key in &fault.at {
            node = node.and_then(|node| match &node.kind {
                Kind::Map(entries) => entries
                    .iter()
                    .find(|entry| entry.key == *key)
                    .map(|entry| &entry.value),
                Kind::List(items) => items.get(key.parse::<usize>().ok()?),
                Kind::Scalar { .. } => None,
            });
            match node {
                Some(node) => range = node.range.clone(),
                None => break,
            }
        }
        let message = format!("`{}`: {}", fault.at.join("."), fault.message);
        Report::at(
            report::OUT_OF_RANGE,
            Place::new(&self.file, range),
            message,
            fault.remedy.as_str(),
        )
    }
}

type Field<'f> = (&'static str, &'f mut dyn FnMut(&Node, &mut Reader<'_>));

struct Reader<'r> {
    file: &'r Arc<File>,
    reports: &'r mut Vec<Report>,
}

fn set<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}

impl Reader<'_> {
    fn fault(&mut self, code: Code, node: &Node, message: String, remedy: &str) {
        let place = Place::new(self.file, node.range.clone());
        self.reports.push(Report::at(code, place, message, remedy));
    }

    fn wrong_kind(&mut self, node: &Node, wanted: &str, remedy: &str) {
        let message = match node.what() {
            "nothing" => format!("nothing stands here; {wanted} is needed"),
            other => format!("{wanted} is needed here, not {other}"),
        };
        self.fault(report::WRONG_KIND, node, message, remedy);
    }

    /// The values of known keys; unknown and missing ones are told.
    fn map(&mut self, node: &Node, required: &[&str], fields: &mut [Field<'_>]) {
        let Kind::Map(entries) = &node.kind else {
            let remedy = match fields.first() {
                Some((key, _)) => format!("write `{key}: ...` and the other keys"),
                None => String::new(),
            };
            return self.wrong_kind(node, "keys with values", &remedy);
        };
        for entry in entries {
            if let Some((_, read)) = fields.iter_mut().find(|(key, _)| *key == entry.key) {
                read(&entry.value, self);
                continue;
            }
            let known = fields.iter().map(|(key, _)| *key);
            let remedy = match nearest(&entry.key, known.clone()) {
                Some(key) => format!("did you mean `{key}`?"),
                None => format!("the keys are {}", known.collect::<Vec<_>>().join(", ")),
            };
            self.reports.push(Report::at(
                report::UNKNOWN_KEY,
                Place::new(self.file, entry.key_range.clone()),
                format!("the key `{}` is not known here", entry.key),
                remedy,
            ));
        }
        for key in required {
            if !entries.iter().any(|entry| entry.key == *key) {
                self.fault(
                    report::MISSING_KEY,
                    node,
                    format!("the key `{key}` is missing"),
                    &format!("add `{key}:` beside the others"),
                );
            }
        }
    }

    fn text<'n>(&mut self, node: &'n Node) -> Option<&'n str> {
        match &node.kind {
            Kind::Scalar { text, style } if !yaml::is_nothing(text, *style) => Some(text),
            _ => {
                self.wrong_kind(node, "a text", "write it, or remove the key");
                None
            }
        }
    }

    fn path(&mut self, node: &Node) -> Option<PathBuf> {
        self.text(node).map(PathBuf::from)
    }

    fn plain<'n>(&mut self, node: &'n Node, wanted: &str, remedy: &str) -> Option<&'n str> {
        match &node.kind {
            Kind::Scalar { text, style } if *style == Style::Plain && !text.is_empty() => {
                Some(text)
            }
            _ => {
                self.wrong_kind(node, wanted, remedy);
                None
            }
        }
    }

    fn number<T: TryFrom<u64>>(&mut self, node: &Node) -> Option<T> {
        const REMEDY: &str = "write digits, without quotes, unit or sign; `_` may part them";
        let text = self.plain(node, "a whole number", REMEDY)?;
        let number = text
            .replace('_', "")
            .parse::<u64>()
            .ok()
            .and_then(|number| T::try_from(number).ok());
        if number.is_none() {
            let message = format!("`{text}` is not a whole number");
            self.fault(report::WRONG_KIND, node, message, REMEDY);
        }
        number
    }

    fn flag(&mut self, node: &Node) -> Option<bool> {
        const REMEDY: &str = "write `true` or `false`, without quotes";
        let text = self.plain(node, "true or false", REMEDY)?;
        let flag = text.parse().ok();
        if flag.is_none() {
            let message = format!("`{text}` is not true or false");
            self.fault(report::WRONG_KIND, node, message, REMEDY);
        }
        flag
    }

    fn address(&mut self, node: &Node) -> Option<SocketAddr> {
        let text = self.text(node)?;
        let address = text.parse().ok();
        if address.is_none() {
            self.fault(
                report::WRONG_KIND,
                node,
                format!("`{text}` is not an address and a port"),
                "write `127.0.0.1:8470`, or `'[::1]:8470'` for IPv6; names are not looked up",
            );
        }
        address
    }

    fn word<T: Copy>(&mut self, node: &Node, words: &[(&str, T)]) -> Option<T> {
        let text = self.text(node)?;
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
            return Some(*value);
        }
        let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let remedy = match nearest(text, known.iter().copied()) {
            Some(word) => format!("did you mean `{word}`?"),
            None => format!("write one of {}", known.join(", ")),
        };
        let message = format!("`{text}` is not known here");
        self.fault(report::UNKNOWN_WORD, node, message, &remedy);
        None
    }

    fn list<'n>(&mut self, node: &'n Node) -> &'n [Node] {
        match &node.kind {
            Kind::List(items) => items,
            _ => {
                self.wrong_kind(
                    node,
                    "a list",
                    "write [one, two], or a line `- one` for each",
                );
                &[]
            }
        }
    }

    fn config(&mut self, node: &Node, config: &mut Config) {
        self.map(
            node,
            &[],
            &mut [
                ("listen", &mut |n, r| set(&mut config.listen, r.address(n))),
                ("admin", &mut |n, r| set(&mut config.admin, r.address(n))),
                ("state", &mut |n, r| config.state = r.path(n)),
                ("rules", &mut |n, r| config.rules = r.path(n)),
                ("shipped", &mut |n, r| set(&mut config.shipped, r.flag(n))),
                ("policy", &mut |n, r| {
                    set(&mut config.policy, r.text(n).map(str::to_owned))
                }),
                ("backend", &mut |n, r| {
                    set(
                        &mut config.backend,
                        r.word(
                            n,
                            &[
                                ("portable", BackendName::Portable),
                                ("hyperscan", BackendName::Hyperscan),
                            ],
                        ),
                    );
                }),
                ("insecure", &mut |n, r| set(&mut config.insecure, r.flag(n))),
                ("explain", &mut |n, r| set(&mut config.explain, r.flag(n))),
                ("tls", &mut |n, r| config.tls = r.tls(n)),
                ("callers", &mut |n, r| {
                    config.callers = r.list(n).iter().map(|item| r.caller(item)).collect();
                }),
                ("limits", &mut |n, r| r.limits(n, &mut config.limits)),
                ("decisions", &mut |n, r| {
                    r.decisions(n, &mut config.decisions)
                }),
                ("reload", &mut |n, r| r.reload(n, &mut config.reload)),
                ("log", &mut |n, r| r.log(n, &mut config.log)),
            ],
        );
    }

    fn tls(&mut self, node: &Node) -> Option<Tls> {
        let (mut cert, mut key, mut client_ca) = (None, None, None);
        self.map(
            node,
            &["cert", "key"],
            &mut [
                ("cert", &mut |n, r| cert = r.path(n)),
                ("key", &mut |n, r| key = r.path(n)),
                ("client_ca", &mut |n, r| client_ca = r.path(n)),
            ],
        );
        Some(Tls {
            cert: cert?,
            key: key?,
            client_ca,
        })
    }

    fn caller(&mut self, node: &Node) -> Caller {
        let mut caller = Caller {
            name: String::new(),
            key_sha256: String::new(),
            tenants: Vec::new(),
            explain: false,
        };
        self.map(
            node,
            &["name", "key_sha256"],
            &mut [
                ("name", &mut |n, r| {
                    set(&mut caller.name, r.text(n).map(str::to_owned))
                }),
                ("key_sha256", &mut |n, r| {
                    set(&mut caller.key_sha256, r.text(n).map(str::to_owned));
                }),
                ("tenants", &mut |n, r| {
                    let items = r.list(n).iter();
                    caller.tenants = items
                        .filter_map(|item| r.text(item).map(str::to_owned))
                        .collect();
                }),
                ("explain", &mut |n, r| set(&mut caller.explain, r.flag(n))),
            ],
        );
        caller
    }

    fn limits(&mut self, node: &Node, limits: &mut Limits) {
        self.map(
            node,
            &[],
            &mut [
                ("body_bytes", &mut |n, r| {
                    set(&mut limits.body_bytes, r.number(n))
                }),
                ("json_depth", &mut |n, r| {
                    set(&mut limits.json_depth, r.number(n))
                }),
                ("screen_ms", &mut |n, r| {
                    set(&mut limits.screen_ms, r.number(n))
                }),
                ("concurrency", &mut |n, r| {
                    set(&mut limits.concurrency, r.number(n))
                }),
                ("held_bytes", &mut |n, r| {
                    set(&mut limits.held_bytes, r.number(n))
                }),
                ("queue_ms", &mut |n, r| {
                    set(&mut limits.queue_ms, r.number(n))
                }),
                ("connections", &mut |n, r| {
                    set(&mut limits.connections, r.number(n))
                }),
                ("header_ms", &mut |n, r| {
                    set(&mut limits.header_ms, r.number(n))
                }),
                ("body_ms", &mut |n, r| set(&mut limits.body_ms, r.number(n))),
                ("write_ms", &mut |n, r| {
                    set(&mut limits.write_ms, r.number(n))
                }),
                ("drain_notice_ms", &mut |n, r| {
                    set(&mut limits.drain_notice_ms, r.number(n))
                }),
                ("drain_ms", &mut |n, r| {
                    set(&mut limits.drain_ms, r.number(n))
                }),
                ("inline_bytes", &mut |n, r| {
                    set(&mut limits.inline_bytes, r.number(n))
                }),
            ],
        );
    }

    fn decisions(&mut self, node: &Node, decisions: &mut Decisions) {
        self.map(
            node,
            &[],
            &mut [
                ("path", &mut |n, r| decisions.path = r.path(n)),
                ("queue_bytes", &mut |n, r| {
                    set(&mut decisions.queue_bytes, r.number(n))
                }),
            ],
        );
    }

    fn reload(&mut self, node: &Node, reload: &mut Reload) {
        self.map(
            node,
            &[],
            &mut [("every_ms", &mut |n, r| {
                set(&mut reload.every_ms, r.number(n))
            })],
        );
    }

    fn log(&mut self, node: &Node, log: &mut Log) {
        self.map(
            node,
            &[],
            &mut [
                ("level", &mut |n, r| {
                    set(
                        &mut log.level,
                        r.word(
                            n,
                            &[
                                ("error", Level::Error),
                                ("warn", Level::Warn),
                                ("info", Level::Info),
                                ("debug", Level::Debug),
                                ("trace", Level::Trace),
                            ],
                        ),
                    );
                }),
                ("format", &mut |n, r| {
                    set(
                        &mut log.format,
                        r.word(n, &[("json", LogFormat::Json), ("text", LogFormat::Text)]),
                    );
                }),
            ],
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Document, Config, Vec<Report>) {
        Document::read("lockgate.yaml", text.to_owned())
    }

    #[test]
    fn nothing_is_every_default() {
        for text in ["", "# nothing yet\n\n"] {
            let (_, config, reports) = read(text);
            assert!(reports.is_empty());
            assert_eq!(config.listen.port(), 8470);
        }
    }

    #[test]
    fn values_arrive() {
        let (_, config, reports) = read(
            "listen: 0.0.0.0:1\nstate: /var/lib/lockgate\ntls: { cert: a.pem, key: b.pem }\n\
             callers:\n  - { name: gw, key_sha256: '00', tenants: [a, b], explain: true }\n\
             limits: { body_bytes: 1_000, drain_ms: 5 }\nlog: { level: debug, format: text }\n\
             reload: { every_ms: 0 }\ndecisions: { path: d.jsonl, queue_bytes: 9 }\n",
        );
        assert!(reports.is_empty(), "{}", report::render_all(&reports));
        assert_eq!(config.listen, "0.0.0.0:1".parse().unwrap());
        assert_eq!(config.state.as_deref(), Some("/var/lib/lockgate".as_ref()));
        assert_eq!(config.tls.unwrap().key, PathBuf::from("b.pem"));
        assert_eq!(config.callers[0].tenants, ["a", "b"]);
        assert!(config.callers[0].explain);
        assert_eq!(config.limits.body_bytes, 1000);
        assert_eq!(config.limits.drain_ms, 5);
        assert_eq!(config.log.level, Level::Debug);
        assert_eq!(config.log.format, LogFormat::Text);
        assert_eq!(config.reload.every_ms, 0);
        assert_eq!(config.decisions.queue_bytes, 9);
    }

    #[test]
    fn every_mistake_has_its_place() {
        let (document, config, reports) = read(
            "listn: 127.0.0.1:1\nadmin: localhost\nlimits:\n  body_bytes: 4k\n  screen_ms: -1\n\
             callers:\n  - { name: gw, key: x }\nbackend: hyperscam\ntls: {cert: a}\n",
        );
        let at = |reports: &[Report]| -> Vec<(usize, usize)> {
            let mut places: Vec<_> = reports.iter().filter_map(Report::line_and_column).collect();
            places.sort_unstable();
            places
        };
        let text = report::render_all(&reports);
        assert_eq!(
            at(&reports),
            [
                (1, 1),
                (2, 8),
                (4, 15),
                (5, 14),
                (7, 5),
                (7, 17),
                (8, 10),
                (9, 6)
            ],
            "{text}"
        );
        assert!(text.contains("did you mean `listen`?"), "{text}");
        assert!(text.contains("did you mean `hyperscan`?"), "{text}");

        let faults = config.faults();
        let placed: Vec<Report> = faults.iter().map(|fault| document.report(fault)).collect();
        assert_eq!(placed.len(), 1, "{}", report::render_all(&placed));
        assert!(placed[0].message.starts_with("`callers.0.key_sha256`"));
    }

    #[test]
    fn values_that_cannot_be_meant() {
        let (document, config, reports) =
            read("listen: 0.0.0.0:1\nlimits:\n  body_bytes: 0\n  json_depth: 65\n  header_ms: 0\n");
        assert!(reports.is_empty());
        let placed: Vec<_> = config
            .faults()
            .iter()
            .filter_map(|fault| document.report(fault).line_and_column())
            .collect();
        assert_eq!(placed, [(1, 9), (3, 15), (4, 15), (5, 14)]);
    }
}
