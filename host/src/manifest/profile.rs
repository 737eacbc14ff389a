//! Build profiles: `[component.<id>.profile.<name>]`.

use super::{Build, Manifest, ManifestError};

impl Manifest {
    /// The manifest with what the build profile `name` changes. Components without that profile
    /// stay as they are, as on Spin.
    ///
    /// # Errors
    ///
    /// When no component has the profile.
    pub fn with_profile(mut self, name: &str) -> Result<Self, ManifestError> {
        let mut found = false;
        for component in self.components.values_mut() {
            let Some(profile) = component.profiles.get(name).cloned() else {
                continue;
            };
            found = true;
            component.environment.extend(profile.environment);
            if let Some(source) = profile.source {
                component.source = source;
            }
            if let Some(commands) = profile.commands {
                match &mut component.build {
                    Some(build) => build.commands = commands,
                    None => {
                        component.build = Some(Build {
                            commands,
                            workdir: None,
                            watch: Vec::new(),
                        });
                    }
                }
            }
        }
        if found {
            Ok(self)
        } else {
            Err(ManifestError::new(
                &self.path,
                None,
                format!(
                    "no component has a profile '{name}'; add [component.<id>.profile.{name}] or name another"
                ),
            ))
        }
    }
}
