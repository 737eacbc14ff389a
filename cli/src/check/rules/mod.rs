//! The rules. A new one is a file here and a line in [`ALL`].

mod allow_reasons;
mod build;
mod compiled;
mod documents;
mod grants;
mod layout;
mod length;
mod links;
mod manifest;
mod module_names;
mod secrets;
mod sleeps;
mod unfinished;
mod variables;
mod worlds;

use super::finding::Report;
use super::project::Project;

/// One rule.
pub(super) struct Rule {
    /// The name that findings carry.
    pub(super) name: &'static str,
    /// What holds when the rule finds nothing.
    pub(super) summary: &'static str,
    /// Looks at a project; an empty list means that it is in order.
    pub(super) check: fn(&Project) -> Vec<Report>,
}

/// Every rule, in no particular order: none depends on another.
pub(super) const ALL: &[Rule] = &[
    Rule {
        name: "manifest",
        summary: "the manifest is valid",
        check: manifest::check,
    },
    Rule {
        name: "layout",
        summary: "folder, package, component, world and test of a function share one name",
        check: layout::check,
    },
    Rule {
        name: "build",
        summary: "functions are cdylibs, built by the one command into the one place",
        check: build::check,
    },
    Rule {
        name: "compiled",
        summary: "every component is compiled from the sources as they are",
        check: compiled::check,
    },
    Rule {
        name: "worlds",
        summary: "a component imports and exports what its world says, no more and no less",
        check: worlds::check,
    },
    Rule {
        name: "grants",
        summary: "a component is granted what it imports, no more and no less",
        check: grants::check,
    },
    Rule {
        name: "secrets",
        summary: "a secret variable reaches the functions whose worlds name it, no others",
        check: secrets::check,
    },
    Rule {
        name: "variables",
        summary: "variables are declared, used and documented",
        check: variables::check,
    },
    Rule {
        name: "documents",
        summary: "openapi.json is what the functions' documents make",
        check: documents::check,
    },
    Rule {
        name: "length",
        summary: "files are short enough to be read at once",
        check: length::check,
    },
    Rule {
        name: "module-names",
        summary: "modules are named for what is in them",
        check: module_names::check,
    },
    Rule {
        name: "allow-reasons",
        summary: "every lint that is switched off says why",
        check: allow_reasons::check,
    },
    Rule {
        name: "unfinished",
        summary: "nothing is left undone and no test is skipped",
        check: unfinished::check,
    },
    Rule {
        name: "sleeps",
        summary: "no test waits for time to pass",
        check: sleeps::check,
    },
    Rule {
        name: "links",
        summary: "relative links in Markdown lead somewhere",
        check: links::check,
    },
];
