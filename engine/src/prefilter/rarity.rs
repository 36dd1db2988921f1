//! How rare a few bytes are in ordinary text.
//!
//! A prefilter is as good as the rarity of what it looks for: `nore` instead of
//! `tion`. The model is a chain of pairs, counted once over 4.6 MB of ordinary
//! prompts, documents and code, a quarter of it Chinese. It only steers the
//! choice between literals; a wrong guess costs time, never a finding.

/// Symbols of the model: 26 letters (any case), 10 digits, everything else in
/// ASCII as one, every byte beyond ASCII as one.
const SYMBOLS: usize = 38;

/// Eighths of a bit: `-8 log2 p(symbol)`.
#[rustfmt::skip]
const ALONE: [u8; SYMBOLS] =
    [37, 57, 45, 46, 32, 53, 53, 46, 38, 80, 65, 45, 49, 39, 38, 49, 80, 39, 39, 35, 48, 60, 57, 70, 55, 83, 66, 67, 70, 76, 79, 77, 81, 84, 83, 81, 19, 14];

/// Eighths of a bit: `-8 log2 p(second | first)`, a row for each first symbol.
#[rustfmt::skip]
const AFTER: [[u8; SYMBOLS]; SYMBOLS] = [
    [76, 41, 32, 40, 81, 56, 43, 67, 41, 88, 53, 26, 37, 22, 91, 42, 95, 28, 31, 20, 48, 46, 59, 68, 46, 70, 112, 97, 95, 104, 107, 109, 107, 109, 110, 112, 29, 77],
    [28, 65, 61, 60, 16, 74, 84, 90, 32, 47, 86, 23, 65, 58, 27, 65, 95, 37, 44, 61, 28, 78, 85, 100, 33, 82, 88, 77, 75, 92, 81, 93, 93, 95, 90, 93, 28, 60],
    [25, 85, 45, 70, 25, 84, 85, 27, 35, 106, 36, 36, 75, 91, 20, 60, 95, 33, 54, 23, 37, 67, 93, 88, 51, 107, 96, 101, 81, 95, 94, 101, 94, 99, 97, 98, 32, 72],
    [33, 64, 70, 48, 19, 72, 64, 77, 26, 80, 78, 57, 61, 62, 33, 66, 98, 46, 41, 74, 42, 60, 75, 100, 53, 104, 99, 91, 92, 95, 98, 98, 101, 117, 101, 98, 9, 64],
    [36, 66, 36, 32, 47, 50, 54, 76, 58, 96, 81, 40, 43, 27, 64, 49, 59, 24, 27, 37, 74, 48, 59, 43, 56, 96, 115, 102, 95, 106, 113, 105, 106, 114, 112, 116, 14, 73],
    [33, 85, 69, 76, 28, 35, 88, 103, 22, 98, 87, 42, 81, 83, 19, 89, 95, 31, 62, 40, 36, 96, 84, 91, 53, 114, 90, 88, 83, 85, 92, 91, 90, 94, 90, 92, 15, 71],
    [38, 80, 71, 79, 20, 77, 50, 32, 30, 101, 99, 44, 65, 39, 35, 72, 107, 28, 44, 57, 39, 88, 82, 91, 57, 81, 104, 88, 97, 107, 98, 99, 102, 101, 98, 101, 12, 68],
    [21, 82, 73, 61, 10, 97, 90, 95, 27, 108, 99, 67, 63, 65, 28, 72, 88, 45, 60, 37, 50, 95, 88, 99, 53, 114, 95, 85, 94, 105, 114, 114, 109, 109, 111, 109, 23, 76],
    [41, 54, 31, 37, 38, 42, 41, 96, 81, 99, 59, 36, 41, 16, 26, 45, 77, 42, 26, 25, 74, 41, 116, 66, 95, 54, 134, 112, 122, 105, 147, 129, 110, 134, 129, 129, 40, 79],
    [23, 62, 72, 60, 12, 58, 77, 79, 47, 82, 69, 105, 72, 82, 25, 66, 56, 72, 22, 86, 22, 72, 51, 82, 92, 79, 92, 86, 82, 73, 79, 86, 71, 79, 73, 82, 44, 68],
    [38, 68, 74, 52, 14, 56, 52, 68, 24, 84, 79, 50, 56, 36, 52, 77, 89, 71, 31, 53, 42, 81, 77, 102, 67, 121, 85, 98, 108, 93, 93, 108, 102, 108, 84, 108, 13, 58],
    [29, 69, 63, 38, 19, 64, 77, 79, 24, 102, 66, 26, 70, 64, 28, 57, 102, 73, 39, 41, 40, 62, 72, 113, 33, 111, 122, 92, 92, 94, 102, 98, 104, 103, 103, 115, 20, 68],
    [20, 39, 62, 60, 16, 75, 75, 92, 30, 100, 87, 49, 38, 67, 29, 27, 117, 68, 43, 72, 41, 82, 98, 90, 52, 103, 113, 103, 92, 89, 103, 117, 100, 103, 113, 100, 21, 67],
    [34, 81, 35, 25, 30, 50, 25, 76, 40, 72, 56, 58, 68, 55, 37, 59, 101, 73, 32, 23, 47, 59, 94, 94, 56, 87, 114, 101, 85, 88, 90, 93, 102, 109, 108, 124, 16, 72],
    [57, 55, 44, 41, 63, 31, 49, 76, 54, 63, 52, 38, 32, 19, 43, 41, 106, 22, 40, 38, 27, 47, 38, 70, 72, 89, 128, 119, 116, 105, 117, 147, 128, 147, 134, 147, 27, 84],
    [26, 81, 67, 57, 22, 78, 70, 40, 36, 118, 76, 26, 56, 74, 27, 37, 79, 22, 37, 32, 36, 77, 85, 86, 53, 97, 111, 94, 81, 97, 105, 104, 114, 102, 109, 102, 29, 60],
    [59, 86, 52, 60, 86, 74, 82, 80, 68, 82, 105, 26, 70, 80, 86, 68, 63, 48, 55, 74, 3, 63, 72, 80, 105, 92, 105, 86, 74, 80, 74, 77, 86, 77, 80, 80, 33, 63],
    [29, 73, 45, 45, 17, 59, 51, 79, 27, 112, 50, 55, 42, 46, 27, 59, 104, 48, 36, 37, 45, 50, 75, 96, 41, 109, 113, 95, 93, 109, 114, 123, 118, 133, 120, 123, 20, 76],
    [46, 83, 42, 73, 24, 72, 92, 41, 32, 119, 54, 61, 61, 71, 36, 44, 64, 76, 34, 23, 38, 85, 63, 82, 49, 114, 134, 102, 107, 95, 121, 119, 109, 114, 146, 146, 11, 69],
    [34, 79, 57, 73, 24, 76, 86, 18, 24, 99, 94, 57, 62, 78, 29, 52, 124, 37, 39, 45, 46, 92, 58, 86, 41, 97, 119, 94, 94, 98, 109, 127, 117, 137, 150, 150, 18, 72],
    [41, 40, 38, 42, 33, 64, 47, 63, 41, 115, 77, 28, 32, 27, 69, 36, 124, 22, 22, 25, 82, 82, 104, 65, 78, 76, 102, 112, 115, 112, 137, 137, 112, 137, 101, 124, 35, 76],
    [22, 84, 70, 77, 7, 89, 69, 85, 18, 92, 91, 80, 65, 89, 41, 63, 107, 75, 50, 77, 52, 87, 96, 92, 76, 92, 89, 68, 70, 78, 81, 96, 78, 98, 96, 91, 40, 67],
    [24, 86, 73, 74, 22, 84, 85, 21, 19, 100, 88, 56, 82, 40, 25, 81, 88, 40, 38, 64, 81, 86, 51, 89, 83, 98, 115, 115, 94, 86, 98, 91, 103, 106, 100, 95, 23, 83],
    [22, 84, 38, 70, 32, 53, 80, 58, 32, 84, 96, 79, 49, 87, 63, 22, 90, 69, 49, 19, 69, 75, 81, 59, 53, 84, 75, 73, 66, 80, 80, 71, 72, 78, 79, 96, 17, 48],
    [58, 65, 56, 65, 37, 83, 74, 88, 52, 111, 90, 55, 46, 49, 25, 31, 102, 63, 32, 45, 71, 86, 62, 100, 70, 64, 130, 96, 99, 130, 130, 108, 130, 130, 111, 108, 6, 67],
    [22, 74, 62, 61, 11, 79, 79, 61, 28, 83, 63, 50, 62, 74, 31, 76, 83, 89, 67, 83, 32, 79, 76, 69, 43, 37, 83, 72, 64, 72, 102, 102, 102, 83, 102, 102, 25, 56],
    [75, 84, 77, 77, 79, 79, 86, 97, 86, 119, 80, 119, 73, 97, 100, 72, 119, 119, 70, 77, 97, 100, 119, 68, 100, 106, 19, 28, 33, 40, 47, 47, 49, 48, 47, 48, 10, 27],
    [77, 73, 80, 87, 76, 79, 90, 99, 95, 118, 99, 92, 87, 90, 118, 88, 118, 118, 72, 70, 99, 105, 87, 99, 105, 95, 22, 33, 32, 40, 42, 34, 36, 41, 38, 26, 13, 32],
    [68, 73, 68, 73, 64, 66, 80, 77, 89, 84, 85, 92, 74, 67, 102, 66, 92, 92, 78, 77, 102, 82, 85, 71, 102, 96, 17, 37, 39, 38, 38, 34, 40, 47, 43, 47, 11, 31],
    [59, 68, 62, 60, 77, 73, 79, 73, 109, 83, 90, 96, 75, 90, 96, 74, 83, 65, 109, 64, 109, 86, 76, 67, 90, 90, 27, 39, 38, 40, 42, 41, 39, 45, 44, 45, 8, 27],
    [64, 72, 62, 68, 72, 67, 84, 84, 81, 65, 77, 94, 84, 81, 94, 81, 88, 81, 94, 65, 106, 106, 77, 59, 94, 106, 30, 42, 39, 41, 40, 35, 44, 43, 42, 43, 8, 25],
    [70, 73, 69, 75, 78, 73, 85, 108, 108, 85, 78, 85, 76, 95, 95, 68, 95, 85, 78, 61, 95, 80, 85, 76, 108, 95, 24, 42, 43, 42, 47, 40, 40, 46, 43, 46, 8, 22],
    [64, 67, 62, 73, 75, 61, 79, 76, 104, 79, 91, 86, 75, 79, 86, 71, 82, 67, 104, 59, 104, 73, 73, 69, 91, 104, 30, 40, 39, 41, 35, 36, 36, 39, 37, 43, 9, 26],
    [71, 65, 58, 64, 66, 58, 71, 73, 88, 82, 101, 88, 75, 73, 101, 82, 64, 82, 78, 59, 101, 88, 73, 68, 101, 57, 30, 41, 38, 40, 40, 39, 40, 39, 39, 39, 9, 24],
    [71, 59, 62, 64, 67, 62, 77, 84, 102, 73, 84, 102, 80, 68, 102, 70, 90, 80, 66, 59, 102, 70, 77, 70, 102, 90, 31, 39, 40, 41, 41, 38, 36, 41, 33, 38, 10, 23],
    [67, 73, 63, 65, 68, 65, 69, 79, 75, 73, 79, 104, 73, 82, 86, 68, 92, 73, 79, 64, 92, 77, 69, 79, 86, 92, 28, 38, 34, 40, 39, 31, 36, 36, 32, 29, 13, 28],
    [33, 46, 38, 44, 47, 44, 53, 49, 38, 69, 67, 50, 45, 48, 41, 42, 74, 45, 37, 31, 51, 59, 44, 75, 58, 86, 61, 55, 59, 66, 69, 69, 74, 78, 78, 78, 10, 42],
    [102, 105, 100, 103, 113, 104, 113, 112, 101, 115, 117, 103, 104, 105, 112, 104, 124, 98, 90, 97, 114, 113, 108, 122, 118, 145, 95, 74, 82, 92, 88, 94, 101, 103, 103, 105, 47, 0],
];

/// Words that are common, in order, and eighths of a bit: `-8 log2` of how many
/// of them stand in a byte of ordinary text. The chain of pairs thinks of them
/// as rarer than they are.
#[rustfmt::skip]
static COMMON_WORDS: &[(&str, u8)] = &[
    ("able", 122), ("about", 100), ("above", 124), ("access", 104), ("according", 127),
    ("account", 113), ("accounts", 126), ("across", 121), ("action", 118), ("actions", 121),
    ("active", 123), ("activity", 127), ("actually", 124), ("add", 114), ("additional", 125),
    ("address", 114), ("admin", 124), ("advisory", 119), ("affected", 117), ("after", 110),
    ("against", 124), ("age", 123), ("agent", 124), ("ai", 118), ("airlines", 124), ("airport", 119),
    ("alert", 124), ("aliases", 122), ("all", 96), ("allow", 119), ("allowed", 126), ("allows", 125),
    ("already", 126), ("also", 106), ("always", 120), ("am", 115), ("american", 127), ("amount", 124),
    ("an", 92), ("analysis", 117), ("analyze", 126), ("and", 72), ("another", 118), ("answer", 121),
    ("any", 104), ("anything", 124), ("api", 101), ("app", 113), ("application", 110),
    ("applications", 121), ("apply", 119), ("approach", 126), ("are", 88), ("area", 122),
    ("arguments", 126), ("around", 122), ("array", 116), ("as", 91), ("ask", 125), ("associated", 123),
    ("at", 94), ("attack", 123), ("attacker", 124), ("attacks", 126), ("audit", 127), ("auth", 124),
    ("authentication", 118), ("availability", 122), ("available", 116), ("average", 126),
    ("avoid", 121), ("aws", 109), ("az", 126), ("azure", 121), ("back", 120), ("background", 123),
    ("based", 109), ("bash", 118), ("be", 88), ("because", 112), ("been", 111), ("before", 111),
    ("behavior", 124), ("being", 115), ("below", 118), ("best", 111), ("better", 124),
    ("between", 109), ("bit", 127), ("block", 126), ("blog", 127), ("blood", 119), ("body", 117),
    ("bone", 127), ("book", 122), ("both", 115), ("browser", 126), ("bucket", 126), ("build", 120),
    ("business", 121), ("but", 102), ("button", 117), ("by", 93), ("call", 113), ("called", 111),
    ("can", 92), ("cancer", 120), ("cannot", 126), ("car", 127), ("care", 121), ("case", 116),
    ("cases", 119), ("categories", 117), ("category", 124), ("cause", 119), ("cell", 123),
    ("cells", 120), ("certificate", 127), ("change", 115), ("changes", 114), ("character", 126),
    ("characters", 124), ("cheat", 126), ("check", 107), ("child", 127), ("children", 114),
    ("ci", 123), ("city", 109), ("class", 112), ("clear", 123), ("cli", 119), ("click", 122),
    ("client", 114), ("cloud", 120), ("cluster", 126), ("code", 104), ("color", 122), ("com", 99),
    ("command", 113), ("commands", 124), ("commit", 127), ("common", 116), ("compared", 127),
    ("complete", 119), ("complex", 126), ("component", 117), ("components", 119), ("condition", 119),
    ("conditions", 124), ("confidentiality", 121), ("config", 123), ("configuration", 118),
    ("confirm", 125), ("connection", 125), ("consider", 127), ("console", 124), ("const", 115),
    ("contains", 126), ("content", 108), ("context", 113), ("control", 115), ("controls", 125),
    ("core", 124), ("correct", 123), ("cost", 124), ("could", 108), ("count", 117), ("cpu", 126),
    ("crate", 127), ("create", 106), ("creating", 124), ("credentials", 124), ("critical", 115),
    ("cross", 124), ("current", 114), ("custom", 123), ("cve", 125), ("cvss", 122), ("data", 99),
    ("database", 119), ("date", 103), ("day", 116), ("days", 121), ("def", 117), ("default", 107),
    ("defense", 124), ("delete", 122), ("departure", 122), ("deployment", 127), ("depth", 122),
    ("description", 98), ("design", 118), ("designer", 119), ("destination", 121), ("detailed", 127),
    ("details", 120), ("determine", 123), ("dev", 119), ("developer", 126), ("development", 121),
    ("device", 126), ("dict", 118), ("did", 114), ("difference", 127), ("different", 111),
    ("directly", 127), ("directory", 121), ("discussion", 127), ("disease", 119), ("display", 127),
    ("div", 121), ("do", 98), ("docs", 111), ("doctor", 127), ("document", 119),
    ("documentation", 121), ("does", 109), ("dom", 115), ("domain", 122), ("don", 115), ("done", 125),
    ("down", 120), ("due", 126), ("during", 116), ("each", 105), ("early", 126), ("echo", 126),
    ("effect", 123), ("element", 123), ("elements", 121), ("else", 121), ("email", 122),
    ("empty", 125), ("en", 116), ("enable", 118), ("enabled", 114), ("encryption", 126), ("end", 115),
    ("enforce", 123), ("enough", 127), ("ensure", 115), ("env", 126), ("environment", 125),
    ("error", 116), ("errors", 126), ("etc", 117), ("even", 118), ("event", 112), ("events", 119),
    ("every", 118), ("exactly", 126), ("example", 98), ("examples", 118), ("exercise", 124),
    ("existing", 124), ("expert", 118), ("explain", 123), ("exposure", 125), ("external", 122),
    ("extract", 122), ("factor", 126), ("factors", 127), ("false", 111), ("family", 124),
    ("feature", 126), ("features", 120), ("field", 123), ("file", 104), ("files", 112), ("fill", 127),
    ("filter", 122), ("find", 107), ("finding", 126), ("first", 108), ("five", 126), ("fix", 123),
    ("flight", 127), ("flow", 122), ("focus", 125), ("follow", 119), ("following", 108), ("food", 125),
    ("for", 80), ("form", 121), ("format", 113), ("found", 116), ("four", 122), ("frac", 119),
    ("framework", 126), ("free", 122), ("frequency", 124), ("from", 91), ("full", 120),
    ("function", 103), ("functionality", 127), ("functions", 117), ("game", 126), ("gene", 121),
    ("general", 127), ("generate", 122), ("genetic", 127), ("get", 105), ("ghsa", 118), ("git", 123),
    ("github", 106), ("give", 117), ("given", 108), ("go", 111), ("goal", 124), ("going", 122),
    ("good", 112), ("google", 116), ("got", 126), ("government", 125), ("grad", 112), ("great", 121),
    ("green", 126), ("group", 107), ("groups", 118), ("guidance", 127), ("guide", 127), ("h1", 127),
    ("had", 109), ("has", 101), ("have", 94), ("having", 127), ("hcl", 127), ("he", 111),
    ("health", 117), ("heart", 126), ("hello", 123), ("help", 109), ("her", 123), ("here", 118),
    ("hi", 126), ("high", 114), ("higher", 124), ("his", 118), ("history", 123), ("hmm", 123),
    ("home", 122), ("hook", 123), ("host", 126), ("hotel", 126), ("hours", 126), ("house", 127),
    ("how", 99), ("however", 120), ("html", 107), ("http", 114), ("https", 96), ("hub", 127),
    ("human", 117), ("iam", 122), ("id", 100), ("idea", 126), ("ideas", 121), ("identifier", 127),
    ("identify", 122), ("identity", 115), ("if", 92), ("image", 122), ("images", 125), ("impact", 124),
    ("implement", 123), ("implementation", 124), ("import", 118), ("important", 119), ("in", 76),
    ("include", 112), ("includes", 127), ("including", 118), ("index", 122), ("industrial", 119),
    ("information", 108), ("injection", 123), ("input", 103), ("inside", 126), ("install", 123),
    ("instance", 118), ("instead", 120), ("instructions", 115), ("int", 123), ("integer", 119),
    ("integrity", 121), ("interesting", 127), ("interface", 117), ("international", 125),
    ("internet", 125), ("into", 107), ("io", 120), ("ip", 119), ("is", 79), ("issue", 119),
    ("issues", 113), ("it", 87), ("item", 124), ("items", 119), ("its", 110), ("java", 122),
    ("javascript", 116), ("js", 111), ("json", 117), ("jsx", 120), ("just", 110), ("keep", 121),
    ("key", 105), ("keys", 121), ("keywords", 126), ("kind", 124), ("know", 112), ("knowledge", 123),
    ("known", 123), ("label", 127), ("language", 117), ("large", 124), ("last", 118), ("learn", 122),
    ("least", 113), ("leaving", 127), ("left", 117), ("length", 118), ("less", 119), ("let", 120),
    ("level", 113), ("life", 124), ("like", 103), ("limit", 125), ("line", 119), ("link", 123),
    ("linux", 116), ("list", 102), ("lists", 127), ("little", 126), ("live", 125), ("ll", 121),
    ("local", 119), ("localhost", 123), ("location", 112), ("log", 115), ("logging", 125),
    ("logs", 124), ("long", 119), ("look", 117), ("looking", 124), ("low", 124), ("lower", 127),
    ("made", 119), ("main", 120), ("make", 107), ("making", 122), ("man", 126), ("management", 118),
    ("manager", 114), ("many", 111), ("map", 125), ("march", 122), ("markdown", 120),
    ("marketing", 120), ("match", 125), ("mathrm", 106), ("max", 127), ("may", 103), ("mcp", 120),
    ("md", 115), ("me", 107), ("mean", 119), ("means", 123), ("medical", 125), ("medium", 123),
    ("meeting", 120), ("memory", 114), ("message", 120), ("messages", 121), ("metadata", 124),
    ("method", 117), ("methods", 116), ("microsoft", 116), ("might", 121), ("minutes", 126),
    ("missing", 126), ("mm", 117), ("mode", 120), ("model", 115), ("models", 127), ("monitor", 126),
    ("monitoring", 126), ("more", 103), ("most", 109), ("move", 127), ("movie", 125), ("mr", 125),
    ("much", 117), ("multiple", 118), ("music", 121), ("must", 112), ("my", 108), ("name", 94),
    ("names", 125), ("need", 108), ("needed", 122), ("needs", 125), ("net", 118), ("network", 118),
    ("never", 123), ("new", 104), ("next", 113), ("no", 102), ("node", 118), ("nodes", 127),
    ("non", 118), ("normal", 127), ("not", 92), ("note", 121), ("notes", 122), ("now", 114),
    ("null", 123), ("number", 98), ("numbers", 117), ("object", 120), ("of", 72), ("off", 123),
    ("often", 118), ("ok", 120), ("okay", 124), ("old", 123), ("on", 88), ("once", 126), ("one", 98),
    ("only", 102), ("open", 118), ("operations", 127), ("optional", 124), ("options", 122), ("or", 85),
    ("oracle", 125), ("order", 115), ("org", 110), ("origin", 120), ("original", 126), ("other", 103),
    ("others", 127), ("our", 111), ("out", 108), ("outbound", 127), ("output", 102), ("over", 114),
    ("owasp", 127), ("own", 124), ("package", 115), ("page", 121), ("parameter", 126),
    ("parameters", 112), ("part", 119), ("party", 127), ("pass", 126), ("password", 117),
    ("patched", 120), ("path", 115), ("patients", 106), ("pattern", 122), ("patterns", 119),
    ("people", 106), ("per", 115), ("perform", 127), ("performance", 122), ("person", 121),
    ("phd", 111), ("phone", 122), ("php", 127), ("pickup", 125), ("place", 121), ("plan", 121),
    ("platform", 125), ("play", 127), ("please", 110), ("pm", 125), ("point", 120), ("points", 119),
    ("policies", 121), ("policy", 110), ("port", 127), ("positive", 125), ("possible", 115),
    ("post", 125), ("potential", 126), ("power", 127), ("pr", 124), ("practices", 125),
    ("prefer", 125), ("present", 124), ("prevent", 124), ("price", 118), ("primary", 122),
    ("prime", 127), ("private", 121), ("privilege", 120), ("problem", 122), ("problems", 124),
    ("process", 118), ("product", 121), ("production", 125), ("professor", 112), ("program", 121),
    ("project", 105), ("prompt", 123), ("properties", 113), ("property", 125), ("props", 110),
    ("protection", 125), ("provide", 115), ("provided", 120), ("provider", 120), ("provides", 126),
    ("public", 112), ("pull", 125), ("purpose", 117), ("put", 124), ("python", 113), ("quality", 123),
    ("query", 115), ("question", 120), ("questions", 120), ("range", 121), ("rate", 123), ("re", 111),
    ("react", 96), ("read", 112), ("real", 125), ("really", 124), ("recommendation", 124),
    ("record", 126), ("records", 127), ("ref", 125), ("reference", 119), ("references", 123),
    ("region", 126), ("related", 121), ("release", 127), ("remediation", 119), ("remote", 124),
    ("remove", 122), ("render", 117), ("report", 122), ("repository", 125), ("request", 114),
    ("requests", 124), ("require", 123), ("required", 109), ("requirements", 122), ("requires", 126),
    ("research", 126), ("reservation", 126), ("resource", 105), ("resources", 119), ("response", 117),
    ("rest", 123), ("restaurant", 125), ("result", 118), ("results", 109), ("return", 107),
    ("returns", 122), ("review", 116), ("right", 110), ("risk", 109), ("role", 114), ("roles", 126),
    ("room", 127), ("root", 112), ("rs", 127), ("rule", 121), ("rules", 121), ("run", 116),
    ("running", 127), ("rust", 123), ("rustsec", 120), ("safe", 125), ("said", 125), ("same", 111),
    ("san", 121), ("save", 126), ("say", 124), ("school", 127), ("score", 121), ("script", 121),
    ("search", 115), ("second", 121), ("secret", 124), ("secrets", 121), ("section", 112),
    ("sections", 125), ("security", 104), ("see", 114), ("select", 118), ("self", 126), ("send", 124),
    ("server", 109), ("service", 108), ("servicename", 127), ("services", 120), ("session", 114),
    ("set", 107), ("settings", 127), ("severity", 116), ("shared", 126), ("she", 120), ("sheet", 126),
    ("shell", 100), ("short", 118), ("should", 102), ("show", 115), ("side", 120), ("sign", 122),
    ("significant", 125), ("signs", 122), ("similar", 127), ("simple", 123), ("since", 124),
    ("single", 118), ("site", 125), ("size", 118), ("skill", 126), ("skills", 127), ("small", 121),
    ("so", 100), ("software", 127), ("some", 107), ("something", 118), ("sort", 122), ("source", 119),
    ("space", 126), ("special", 127), ("specific", 111), ("specified", 121), ("sql", 117),
    ("square", 127), ("ssh", 126), ("standard", 122), ("start", 115), ("state", 104), ("static", 126),
    ("status", 119), ("step", 111), ("steps", 114), ("still", 121), ("storage", 123), ("store", 127),
    ("str", 126), ("street", 121), ("string", 100), ("structure", 123), ("students", 126),
    ("study", 114), ("style", 122), ("subject", 120), ("such", 109), ("sum", 123), ("summary", 116),
    ("support", 119), ("sure", 119), ("suspense", 120), ("symptom", 122), ("symptoms", 117),
    ("syndrome", 123), ("system", 98), ("systems", 125), ("table", 117), ("take", 113),
    ("target", 119), ("task", 113), ("team", 118), ("tenant", 126), ("term", 124), ("terms", 125),
    ("terraform", 120), ("test", 109), ("testing", 113), ("tests", 119), ("text", 105), ("than", 105),
    ("thank", 126), ("thanks", 120), ("that", 82), ("the", 63), ("their", 103), ("them", 110),
    ("then", 108), ("there", 103), ("these", 105), ("they", 98), ("thing", 125), ("things", 123),
    ("think", 111), ("thinking", 127), ("this", 87), ("those", 115), ("thought", 124), ("three", 117),
    ("through", 115), ("time", 100), ("times", 121), ("title", 121), ("to", 71), ("today", 127),
    ("token", 124), ("toml", 120), ("too", 122), ("tool", 116), ("tools", 117), ("top", 123),
    ("total", 117), ("treatment", 119), ("tree", 122), ("true", 108), ("try", 124), ("two", 107),
    ("txt", 122), ("type", 94), ("types", 117), ("uh", 113), ("ui", 120), ("um", 116),
    ("unauthorized", 125), ("under", 118), ("understand", 122), ("understanding", 127), ("unit", 127),
    ("up", 106), ("update", 116), ("url", 110), ("us", 116), ("usage", 126), ("use", 96),
    ("used", 108), ("user", 92), ("users", 113), ("uses", 121), ("using", 102), ("usually", 124),
    ("valid", 125), ("validation", 127), ("value", 106), ("values", 117), ("var", 123),
    ("various", 127), ("ve", 122), ("venue", 127), ("verify", 123), ("version", 109),
    ("versions", 114), ("very", 117), ("via", 120), ("video", 127), ("view", 127), ("volume", 125),
    ("vs", 121), ("vulnerabilities", 127), ("vulnerable", 127), ("wall", 127), ("want", 110),
    ("was", 95), ("way", 115), ("we", 98), ("web", 114), ("well", 112), ("were", 100), ("what", 93),
    ("when", 99), ("where", 107), ("whether", 116), ("which", 99), ("while", 117), ("who", 106),
    ("why", 118), ("wiki", 124), ("will", 101), ("windows", 120), ("with", 85), ("within", 118),
    ("without", 111), ("word", 117), ("words", 114), ("work", 114), ("workflow", 127),
    ("working", 124), ("world", 119), ("would", 104), ("write", 105), ("wrong", 126), ("www", 117),
    ("xml", 124), ("xss", 126), ("yeah", 110), ("year", 116), ("years", 119), ("yes", 119),
    ("york", 126), ("you", 86), ("your", 97), ("zero", 126),
];

/// No word that is not among the common ones is more frequent than this.
pub(crate) const UNCOMMON_WORD: f64 = 1.0 / 65536.0;

/// The share of positions in ordinary text at which a common word stands.
pub(crate) fn word(bytes: &[u8]) -> Option<f64> {
    let at = COMMON_WORDS
        .binary_search_by(|(word, _)| word.as_bytes().cmp(bytes))
        .ok()?;
    COMMON_WORDS
        .get(at)
        .map(|(_, eighths)| (-f64::from(*eighths) / 8.0).exp2())
}

fn symbol(byte: u8) -> usize {
    match byte {
        b'a'..=b'z' => usize::from(byte - b'a'),
        b'A'..=b'Z' => usize::from(byte - b'A'),
        b'0'..=b'9' => 26 + usize::from(byte - b'0'),
        0x80.. => 37,
        _ => 36,
    }
}

/// The share of positions in ordinary text at which `bytes` begin, 0 to 1.
pub(crate) fn probability(bytes: &[u8]) -> f64 {
    let mut eighths = 0u32;
    let mut before: Option<u8> = None;
    for &byte in bytes {
        let table = before.map_or(&ALONE, |first| &AFTER[symbol(first)]);
        eighths += u32::from(table[symbol(byte)]);
        if byte >= 0x80 {
            // Within one symbol for all high bytes: a given character is one of
            // a few thousand, so each of its bytes carries some bits more.
            eighths += 28;
        }
        before = Some(byte);
    }
    (-f64::from(eighths) / 8.0).exp2()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_words_are_in_order() {
        assert!(COMMON_WORDS.is_sorted_by_key(|(word, _)| *word));
        assert!(word(b"the").unwrap() > word(b"account").unwrap());
        assert!(
            COMMON_WORDS
                .iter()
                .all(|(_, eighths)| f64::from(*eighths) <= 128.0)
        );
    }

    #[test]
    fn rare_is_rare() {
        assert!(probability(b"gnor") < probability(b"tion") / 4.0);
        assert!(probability(b"ghp ") < probability(b"the "));
        assert!(probability("忽".as_bytes()) < 0.001);
    }
}
