use std::iter::once;

use super::*;

const PLAIN: &str = "manifest_version = '1'\nid = 'plain'\n";

fn template(metadata: &str, files: &[(&str, &str)]) -> Result<Template> {
    let files = files.iter().copied().chain(once((METADATA, metadata)));
    Template::new(files.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec())))
}

fn render(template: &Template, values: &[(&'static str, &str)]) -> Result<Rendered> {
    let values = values.iter().map(|(id, value)| (*id, (*value).to_owned()));
    let making = Making::Component {
        manifest: "[variables]\nkey = { default = '' }",
    };
    template.render(
        making,
        "my-name",
        Path::new("out/my-name"),
        &values.collect(),
    )
}

#[track_caller]
fn refused<T>(outcome: Result<T>, says: &str) {
    let error = outcome.err().map(|error| format!("{error:#}"));
    let error = error.expect("it is refused");
    assert!(error.contains(says), "{error}");
}

#[test]
fn texts_are_rendered() {
    let metadata = format!(
        "{PLAIN}[add_component]\n[parameters]\nword = {{ type = 'string', prompt = 'W', default = 'hello' }}\n"
    );
    let files = [
        (
            "content/src/lib.rs.tmpl",
            "{{ word }} {% raw %}{{ kept }}{% endraw %}",
        ),
        ("content/Cargo.toml.tmpl", "{{ output-path }}"),
        ("content/a.tmpl.txt", "{% if word == 'bye' %}bye{% endif %}"),
    ];
    let rendered = render(&template(&metadata, &files).unwrap(), &[]).unwrap();
    let texts: Vec<_> = rendered
        .files
        .iter()
        .map(|(path, bytes)| (path.to_str().unwrap(), std::str::from_utf8(bytes).unwrap()))
        .collect();
    assert_eq!(
        texts,
        [
            ("Cargo.toml", "out/my-name"),
            ("a.tmpl.txt", ""),
            ("src/lib.rs", "hello {{ kept }}")
        ]
    );
}

#[test]
fn bytes_that_are_no_text_are_copied() {
    let files = [
        (
            METADATA.to_owned(),
            format!("{PLAIN}[add_component]").into_bytes(),
        ),
        ("content/picture".to_owned(), vec![0xFF, b'{', b'{']),
    ];
    let rendered = render(&Template::new(files).unwrap(), &[]).unwrap();
    assert_eq!(rendered.files[Path::new("picture")], [0xFF, b'{', b'{']);
}

#[test]
fn filters_are_those_of_spin() {
    let metadata =
        format!("{PLAIN}[add_component]\n[parameters]\nx = {{ type = 'string', prompt = 'X' }}\n");
    for (filter, text, expected) in [
        ("kebab_case", "originally_snaky", "originally-snaky"),
        ("snake_case", "originally-kebabby", "originally_kebabby"),
        ("pascal_case", "originally_snaky", "OriginallySnaky"),
        (
            "dotted_pascal_case",
            "originally.semi-dotted",
            "Originally.SemiDotted",
        ),
        ("http_wildcard", "/", "/..."),
        ("http_wildcard", "/a", "/a/..."),
        ("http_wildcard", "/a/", "/a/..."),
        ("http_wildcard", "/a/...", "/a/..."),
        ("upcase", "liquid's own", "LIQUID'S OWN"),
    ] {
        let text_of_file = format!("{{{{ x | {filter} }}}}");
        let template = template(&metadata, &[("content/f", &text_of_file)]).unwrap();
        let rendered = render(&template, &[("x", text)]).unwrap();
        let result = std::str::from_utf8(&rendered.files[Path::new("f")]).unwrap();
        assert_eq!(result, expected, "{filter}");
    }
}

#[test]
fn what_is_no_liquid_is_an_error_that_names_the_file() {
    let metadata = format!("{PLAIN}[add_component]");
    for text in [
        "{{ x",
        "{{ unknown }}",
        "{{ 'a' | no_such_filter }}",
        "{% if %}",
        "{{ 'a' | kebab_case: 1 }}",
    ] {
        let template = template(&metadata, &[("content/src/bad.rs", text)]).unwrap();
        refused(render(&template, &[]), "src/bad.rs cannot be rendered");
    }
}

#[test]
fn what_spin_would_not_render_is_refused() {
    let metadata = format!("{PLAIN}[add_component]");
    for (file, says) in [
        ("content/{{project-name}}.rs", "keeps its name"),
        ("metadata/partials/deep/p.txt", "lies in a folder"),
    ] {
        let template = template(&metadata, &[(file, "text")]).unwrap();
        refused(render(&template, &[]), says);
    }
}

#[test]
fn values_keep_the_rules_of_their_parameters() {
    let metadata = format!(
        "{PLAIN}[add_component]\n[parameters]\n\
         path = {{ type = 'string', prompt = 'Path', pattern = '^/\\S*$' }}\n\
         auth = {{ type = 'string', prompt = 'Auth', default = 'none', allowed_values = ['none', 'all'] }}\n"
    );
    let template = template(&metadata, &[]).unwrap();
    assert!(render(&template, &[("path", "/x"), ("auth", "all")]).is_ok());
    refused(render(&template, &[]), "no value for `path`");
    refused(render(&template, &[("path", "x")]), "does not match");
    refused(
        render(&template, &[("path", "/"), ("auth", "some")]),
        "not one of none, all",
    );
    refused(
        render(&template, &[("path", "/"), ("other", "")]),
        "takes no `other`",
    );
}

#[test]
fn variants_leave_out_what_they_skip() {
    let metadata = format!(
        "{PLAIN}[add_component]\nskip_files = ['spin.toml', 'dir/b']\nskip_parameters = ['unasked']\n\
         [add_component.snippets]\ncomponent = 'c.txt'\nvariables = 'v.txt'\n\
         [add_component.conditions.has_key]\ncondition = {{ manifest_entry_exists = 'variables.key' }}\n\
         skip_snippets = ['variables']\nskip_files = ['c']\n\
         [add_component.conditions.has_other]\ncondition = {{ manifest_entry_exists = 'variables.other' }}\n\
         skip_files = ['a']\n\
         [parameters]\nunasked = {{ type = 'string', prompt = 'U' }}\n"
    );
    let files = [
        ("content/spin.toml", ""),
        ("content/a", ""),
        ("content/c", ""),
        ("content/dir/b", ""),
        ("metadata/snippets/c.txt", "[component.{{ project-name }}]"),
        ("metadata/snippets/v.txt", "other = { default = '' }"),
    ];
    let template = template(&metadata, &files).unwrap();
    let rendered = render(&template, &[]).unwrap();
    assert!(rendered.files.keys().eq([Path::new("a")]), "{rendered:?}");
    let snippets: Vec<_> = rendered.snippets.into_iter().collect();
    assert_eq!(
        snippets,
        [(Snippet::Component, "[component.my-name]".to_owned())]
    );
}

#[test]
fn a_template_makes_what_it_says() {
    let whole = |template: &Template| {
        template.render(Making::Application, "a", Path::new("a"), &BTreeMap::new())
    };
    let application = template(PLAIN, &[]).unwrap();
    assert!(whole(&application).is_ok());
    refused(render(&application, &[]), "does not make a component");
    let metadata = format!("{PLAIN}[new_application]\nsupported = false\n[add_component]\n");
    let component = template(&metadata, &[]).unwrap();
    assert!(render(&component, &[]).is_ok());
    refused(whole(&component), "does not make an application");
}

#[test]
fn partials_are_included() {
    let metadata = format!("{PLAIN}[add_component]");
    let files = [
        ("content/f", "{% include 'p.txt' %}!"),
        ("metadata/partials/p.txt", "{{ project-name }}"),
    ];
    let rendered = render(&template(&metadata, &files).unwrap(), &[]).unwrap();
    assert_eq!(rendered.files[Path::new("f")], b"my-name!");
}

#[test]
fn a_manifest_that_spin_would_refuse_is_refused() {
    for (metadata, says) in [
        (
            "manifest_version = '2'\nid = 'x'\n".to_owned(),
            "manifest_version",
        ),
        ("id = 'x'\n".to_owned(), "manifest_version"),
        (format!("{PLAIN}colour = 'red'\n"), "colour"),
        (format!("{PLAIN}[add_component]\nskip = []\n"), "skip"),
        (
            format!("{PLAIN}[add_component.snippets]\nother = 'x'\n"),
            "other",
        ),
        (
            format!("{PLAIN}[add_component.conditions.a]\ncondition = {{ always = 'x' }}\n"),
            "always",
        ),
        (
            format!("{PLAIN}[outputs.a]\naction = 'create_dir'\npath = 'x'\n"),
            "outputs",
        ),
        (
            format!("{PLAIN}[parameters]\na = {{ type = 'number', prompt = 'A' }}\n"),
            "strings alone",
        ),
        (
            format!("{PLAIN}[parameters]\na = {{ type = 'string' }}\n"),
            "prompt",
        ),
        (
            format!(
                "{PLAIN}[parameters]\na = {{ type = 'string', prompt = 'A', pattern = '(' }}\n"
            ),
            "pattern",
        ),
    ] {
        refused(template(&metadata, &[]), says);
    }
    refused(
        Template::embedded("no-such-template"),
        "no metadata/spin-template.toml",
    );
}
