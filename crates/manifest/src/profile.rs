//! Build profiles: other ways to build and run the same components.
//!
//! Reference: <https://spinframework.dev/v4/build#building-with-profiles>.

use super::Manifest;

impl Manifest {
    /// Whether any component has the build profile `name`.
    pub fn has_profile(&self, name: &str) -> bool {
        let mut components = self.components.values();
        components.any(|component| component.profiles.contains_key(name))
    }

    /// The manifest as it is with the build profile `name`: a component that has the profile is built
    /// by its commands, comes from its source and sees its environment, as far as the profile names
    /// them. Everything else stays as it is without a profile.
    ///
    /// ```
    /// use std::path::Path;
    /// use jenny_manifest::{ComponentSource, Manifest};
    ///
    /// let manifest = Manifest::parse(
    ///     r#"
    ///     spin_manifest_version = 2
    ///     application = { name = "greeter" }
    ///     [[trigger.http]]
    ///     route = "/"
    ///     component = "hello"
    ///     [component.hello]
    ///     source = "release/hello.wasm"
    ///     [component.hello.profile.quick]
    ///     source = "quick/hello.wasm"
    ///     "#,
    ///     Path::new("spin.toml"),
    /// )?;
    /// let quick = manifest.with_profile("quick");
    /// let source = &quick.components["hello"].source;
    /// assert_eq!(*source, ComponentSource::Local("quick/hello.wasm".into()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_profile(mut self, name: &str) -> Self {
        for component in self.components.values_mut() {
            let Some(profile) = component.profiles.get(name) else {
                continue;
            };
            if let Some(source) = &profile.source {
                component.source = source.clone();
            }
            let environment = profile.environment.clone();
            component.environment.extend(environment);
            // Spin lets a profile change how a component is built, not make it one that is built.
            if let (Some(build), Some(commands)) = (&mut component.build, &profile.commands) {
                build.commands.clone_from(commands);
            }
        }
        self.profile = Some(name.to_owned());
        self
    }
}
