//! The rules. A new one is a file here, a line in [`ALL`] and a row in docs/checks.md.

mod allow_reasons;
mod build;
mod compiled;
mod documents;
mod files;
mod function_tests;
mod grants;
mod layout;
mod length;
mod links;
mod manifest;
mod migrations;
mod module_names;
mod operations;
mod outbound;
mod required_variables;
mod routes;
mod runs_here;
mod secrets;
mod size;
mod sleeps;
mod spin_headers;
mod unfinished;
mod unplaced;
mod variables;
mod worlds;

use super::finding::Report;
use super::project::Project;
use super::target;

/// One rule.
pub(super) struct Rule {
    /// The name that findings carry.
    pub(super) name: &'static str,
    /// What holds when the rule finds nothing.
    pub(super) summary: &'static str,
    /// Which projects are held to it.
    pub(super) audience: Audience,
    /// Looks at a project; an empty list means that it is in order.
    pub(super) check: fn(&Project) -> Vec<Report>,
}

/// Which projects a rule is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Audience {
    /// Every Spin application, whoever wrote it and in which language.
    Application,
    /// A workspace with a folder for each function, as `cargo jenny new-app` makes it.
    Workspace,
    /// A workspace that has chosen the style of this project.
    House,
    /// Every Spin application, when `--target` says where it is to run.
    Target,
}

impl Audience {
    /// The word for it in lists, in JSON and in docs/checks.md.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Application => "application",
            Self::Workspace => "workspace",
            Self::House => "house",
            Self::Target => "target",
        }
    }
}

impl Rule {
    /// Whether the project is held to the rule.
    pub(super) fn applies(&self, project: &Project) -> bool {
        match self.audience {
            Audience::Application => true,
            Audience::Workspace => project.is_workspace(),
            Audience::House => project.keeps_house_rules(),
            Audience::Target => project.target().is_some(),
        }
    }
}

/// Every rule, in the order in which docs/checks.md explains them: none depends on another.
pub(super) const ALL: &[Rule] = &[
    Rule {
        name: "manifest",
        summary: "the manifest is valid, and nothing in it is without effect",
        audience: Audience::Application,
        check: manifest::check,
    },
    Rule {
        name: "runs-here",
        summary: "`jenny up` runs all that the manifest has",
        audience: Audience::Application,
        check: runs_here::check,
    },
    Rule {
        name: "routes",
        summary: "every route can be reached, and no two compete for a path",
        audience: Audience::Application,
        check: routes::check,
    },
    Rule {
        name: "compiled",
        summary: "every component is compiled from the sources as they are",
        audience: Audience::Application,
        check: compiled::check,
    },
    Rule {
        name: "grants",
        summary: "a component is granted what it imports, no more and no less",
        audience: Audience::Application,
        check: grants::check,
    },
    Rule {
        name: "outbound",
        summary: "every allowed host is valid with the defaults of variables and of a kind that the component connects to, and the other way round",
        audience: Audience::Application,
        check: outbound::check,
    },
    Rule {
        name: "files",
        summary: "every entry of `files` matches something, and no file of secrets",
        audience: Audience::Application,
        check: files::check,
    },
    Rule {
        name: "variables",
        summary: "variables are declared, used and documented",
        audience: Audience::Application,
        check: variables::check,
    },
    Rule {
        name: "required-variables",
        summary: "every required variable has a value here",
        audience: Audience::Application,
        check: required_variables::check,
    },
    Rule {
        name: "size",
        summary: "components keep to their budgets, and the application to what clouds take",
        audience: Audience::Application,
        check: size::check,
    },
    Rule {
        name: "layout",
        summary: "folder, package, component, world and test of a function share one name",
        audience: Audience::Workspace,
        check: layout::check,
    },
    Rule {
        name: "build",
        summary: "functions are cdylibs, built by the one command into the one place",
        audience: Audience::Workspace,
        check: build::check,
    },
    Rule {
        name: "worlds",
        summary: "a component imports and exports what its world says, no more and no less",
        audience: Audience::Workspace,
        check: worlds::check,
    },
    Rule {
        name: "secrets",
        summary: "a secret variable reaches the functions whose worlds name it, no others",
        audience: Audience::Workspace,
        check: secrets::check,
    },
    Rule {
        name: "spin-headers",
        summary: "functions read what Spin says of a request, not what a client says in its name",
        audience: Audience::Workspace,
        check: spin_headers::check,
    },
    Rule {
        name: "operations",
        summary: "a function describes what the manifest routes to it, no more and no less",
        audience: Audience::Workspace,
        check: operations::check,
    },
    Rule {
        name: "unplaced",
        summary: "what a template had to leave below a function's folder is where it belongs",
        audience: Audience::Workspace,
        check: unplaced::check,
    },
    Rule {
        name: "migrations",
        summary: "migrations run on SQLite, and delete nothing by the way",
        audience: Audience::Workspace,
        check: migrations::check,
    },
    Rule {
        name: "documents",
        summary: "openapi.json is what the functions' documents make",
        audience: Audience::Workspace,
        check: documents::check,
    },
    Rule {
        name: "tests",
        summary: "the test of a function sends it requests",
        audience: Audience::Workspace,
        check: function_tests::check,
    },
    Rule {
        name: "length",
        summary: "files are short enough to be read at once",
        audience: Audience::House,
        check: length::check,
    },
    Rule {
        name: "module-names",
        summary: "modules are named for what is in them",
        audience: Audience::House,
        check: module_names::check,
    },
    Rule {
        name: "allow-reasons",
        summary: "every lint that is switched off says why",
        audience: Audience::House,
        check: allow_reasons::check,
    },
    Rule {
        name: "unfinished",
        summary: "nothing is left undone and no test is skipped",
        audience: Audience::House,
        check: unfinished::check,
    },
    Rule {
        name: "sleeps",
        summary: "no test waits for time to pass",
        audience: Audience::House,
        check: sleeps::check,
    },
    Rule {
        name: "links",
        summary: "relative links in Markdown lead somewhere",
        audience: Audience::House,
        check: links::check,
    },
    Rule {
        name: "target-interfaces",
        summary: "the cloud has what the components import and export",
        audience: Audience::Target,
        check: target::interfaces,
    },
    Rule {
        name: "target-triggers",
        summary: "the cloud runs the triggers that the application has",
        audience: Audience::Target,
        check: target::triggers,
    },
    Rule {
        name: "target-stores",
        summary: "stores are there, outlive an instance and are shared by all of them",
        audience: Audience::Target,
        check: target::stores,
    },
    Rule {
        name: "target-variables",
        summary: "required variables are given where the application is deployed",
        audience: Audience::Target,
        check: target::variables,
    },
    Rule {
        name: "target-limits",
        summary: "the application keeps to the cloud's limits, as far as they can be seen from here",
        audience: Audience::Target,
        check: target::limits,
    },
];
