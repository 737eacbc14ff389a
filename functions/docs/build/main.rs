//! Makes what the component serves: the documents of the functions that `spin.toml` names, merged into
//! one, the page that lists its operations, and both compressed.

mod compress;
mod page;

use std::env;
use std::error::Error;
use std::fs;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let project = folder.join("../..");
    for watched in ["build", "assets", "../../spin.toml"] {
        println!("cargo::rerun-if-changed={watched}");
    }

    let manifest = project.join("spin.toml");
    for function in jenny_openapi::functions(&fs::read_to_string(&manifest)?)? {
        let fragment = project.join(jenny_openapi::fragment(&function));
        println!("cargo::rerun-if-changed={}", fragment.display());
    }
    let merged = jenny_openapi::merge(&manifest)?;
    // Half a document is worse than none: who has it would not know of the other half.
    let document = if merged.faults.is_empty() {
        serde_json::to_string(&merged.document)?
    } else {
        String::new()
    };
    let page = page::render(&merged.document, &merged.faults);

    compress::write(&out, "openapi.json", document.as_bytes())?;
    compress::write(&out, "docs.html", page.as_bytes())?;
    fs::write(out.join("faults.txt"), merged.faults.join("\n"))?;
    for asset in [
        "docs.css",
        "docs.js",
        "swagger-ui/swagger-ui-bundle.js",
        "swagger-ui/swagger-ui.css",
    ] {
        let file = folder.join("assets").join(asset);
        let name = asset.rsplit('/').next().unwrap_or(asset);
        compress::write(&out, name, &fs::read(file)?)?;
    }
    Ok(())
}
