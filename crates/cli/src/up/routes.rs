//! What `jenny up` prints when it serves.

use std::io::{self, Write as _};

use jenny_manifest::{Manifest, TriggerRoute, TriggerTarget};

/// Prints a [`table`] to standard output. Nobody reading it is no reason not to serve.
pub(super) fn print(table: &str) {
    let mut output = io::stdout().lock();
    _ = output.write_all(table.as_bytes());
    _ = output.flush();
}

/// The address, which every URL begins with, and the table of routes.
pub(super) fn table(manifest: &Manifest, base: &str) -> String {
    let mut table = format!("\nServing {base}\nAvailable routes:\n");
    let routes: Vec<(&str, &str, &str)> = manifest
        .triggers
        .iter()
        .filter_map(|trigger| {
            let TriggerRoute::Path(route) = &trigger.route else {
                return None;
            };
            Some(match &trigger.target {
                TriggerTarget::Component(id) => {
                    let component = manifest.components.get(id);
                    (
                        id.as_str(),
                        route.as_str(),
                        component.map_or("", |component| &component.description),
                    )
                }
                TriggerTarget::Static(_) => {
                    (trigger.id.as_str(), route.as_str(), "static response")
                }
            })
        })
        .collect();
    let widest =
        |column: fn(&(&str, &str, &str)) -> usize| routes.iter().map(column).max().unwrap_or(0);
    let name_width = widest(|(name, ..)| name.chars().count());
    let route_width = widest(|(_, route, _)| route.chars().count());
    for (name, route, description) in routes {
        let line = format!("  {name:name_width$}  {base}{route:route_width$}  {description}");
        table.push_str(line.trim_end());
        table.push('\n');
    }
    table
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn routes_are_a_table_and_private_ones_are_left_out() {
        let manifest = Manifest::parse(
            r#"
            spin_manifest_version = 2
            [application]
            name = "test"
            [[trigger.http]]
            route = "/api/users/..."
            component = "sign-in"
            [[trigger.http]]
            route = { private = true }
            component = "inner"
            [[trigger.http]]
            id = "home"
            route = "/"
            static_response = { body = "home" }
            [component.sign-in]
            description = "Registers and signs in"
            source = "a.wasm"
            [component.inner]
            source = "b.wasm"
            "#,
            Path::new("spin.toml"),
        )
        .unwrap();
        let expected = "
Serving http://127.0.0.1:3000
Available routes:
  sign-in  http://127.0.0.1:3000/api/users/...  Registers and signs in
  home     http://127.0.0.1:3000/               static response
";
        assert_eq!(table(&manifest, "http://127.0.0.1:3000"), expected);
    }
}
