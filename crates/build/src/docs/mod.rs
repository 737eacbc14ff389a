//! What a function `docs` serves: the documents of the functions that the manifest names, merged into one,
//! the page that lists its operations, and both compressed.

mod compress;
mod page;

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use sha2::{Digest as _, Sha256};

const MANIFEST: &str = "spin.toml";

/// A file that is served.
struct File<'a> {
    name: &'a str,
    media_type: &'a str,
    content: &'a [u8],
    /// Whether it is held as it is, too, for programs that do not know gzip.
    plain: bool,
}

/// What the page is made of. Swagger UI is held compressed alone: no browser refuses gzip, and it is
/// 1.9 MB without.
const ASSETS: [File<'_>; 4] = [
    File {
        name: "docs.css",
        media_type: "text/css; charset=utf-8",
        content: include_bytes!("../../assets/docs.css"),
        plain: true,
    },
    File {
        name: "docs.js",
        media_type: "text/javascript; charset=utf-8",
        content: include_bytes!("../../assets/docs.js"),
        plain: true,
    },
    File {
        name: "swagger-ui.css",
        media_type: "text/css; charset=utf-8",
        content: include_bytes!("../../assets/swagger-ui/swagger-ui.css"),
        plain: false,
    },
    File {
        name: "swagger-ui-bundle.js",
        media_type: "text/javascript; charset=utf-8",
        content: include_bytes!("../../assets/swagger-ui/swagger-ui-bundle.js"),
        plain: false,
    },
];

/// Writes it all to `out`, for the application that the package in `folder` belongs to.
pub(crate) fn make(folder: &Path, out: &Path) -> Result<(), Box<dyn Error>> {
    let manifest = folder
        .ancestors()
        .map(|folder| folder.join(MANIFEST))
        .find(|file| file.is_file())
        .ok_or_else(|| format!("there is no {MANIFEST} in {} or above it", folder.display()))?;
    let project = manifest.parent().unwrap_or(folder);
    // One that is not there would have cargo make everything anew each time; the folder tells when it comes.
    let guide = project.join(jenny_openapi::GUIDE);
    rerun_if_changed(if guide.is_file() { &guide } else { folder });
    rerun_if_changed(&manifest);
    for function in jenny_openapi::functions(&fs::read_to_string(&manifest)?)? {
        rerun_if_changed(&project.join(jenny_openapi::fragment(&function)));
    }

    let merged = jenny_openapi::merge(&manifest)?;
    // Half a document is worse than none: who has it would not know of the other half.
    let document = if merged.faults.is_empty() {
        serde_json::to_string(&merged.document)?
    } else {
        String::new()
    };
    let document = File {
        name: "openapi.json",
        media_type: "application/json",
        content: document.as_bytes(),
        plain: true,
    };
    let page = page::render(&merged.document, &merged.faults);
    let page = File {
        name: "docs.html",
        media_type: "text/html; charset=utf-8",
        content: page.as_bytes(),
        plain: true,
    };

    for file in ASSETS.iter().chain([&document, &page]) {
        compress::write(out, file.name, file.content)?;
    }
    fs::write(out.join("faults.txt"), merged.faults.join("\n"))?;
    fs::write(out.join("site.rs"), site(&document, &page)?)?;
    Ok(())
}

fn rerun_if_changed(path: &Path) {
    println!("cargo::rerun-if-changed={}", path.display());
}

/// The source of a `shared::docs::Site`, which lies beside the files that it includes.
fn site(document: &File<'_>, page: &File<'_>) -> Result<String, std::fmt::Error> {
    let mut site =
        String::from("shared::docs::Site {\n    faults: include_str!(\"faults.txt\"),\n");
    writeln!(site, "    document: {},", expression(document))?;
    writeln!(site, "    page: {},", expression(page))?;
    writeln!(site, "    assets: &[")?;
    for asset in &ASSETS {
        writeln!(site, "        {},", expression(asset))?;
    }
    site.push_str("    ],\n}\n");
    Ok(site)
}

fn expression(file: &File<'_>) -> String {
    let File {
        name, media_type, ..
    } = file;
    let plain = match file.plain {
        true => format!("Some(include_bytes!({name:?}))"),
        false => "None".to_owned(),
    };
    format!(
        "shared::docs::File {{ name: {name:?}, media_type: {media_type:?}, tag: \"{}\", \
         gzip: include_bytes!(\"{name}.gz\"), plain: {plain} }}",
        tag(file.content)
    )
}

/// What the file's entity tags begin with: made here, as hashing the document for each answer takes longer
/// than sending it.
fn tag(content: &[u8]) -> String {
    let hash = Sha256::digest(content);
    hash.iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use flate2::read::GzDecoder;
    use tempfile::TempDir;

    use super::*;

    const APPLICATION: &str =
        "[application]\nname = 'a'\n[[trigger.http]]\nroute = '/tags'\ncomponent = 'tags'\n";

    /// An application, with these files, and what was made for its function `docs`.
    fn made(files: &[(&str, &str)]) -> (TempDir, Result<(), String>) {
        let folder = tempfile::tempdir().unwrap();
        let docs = folder.path().join("functions/docs");
        fs::create_dir_all(folder.path().join("functions/tags")).unwrap();
        fs::create_dir_all(docs.join("out")).unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let made = make(&docs, &docs.join("out")).map_err(|error| error.to_string());
        (folder, made)
    }

    fn read(folder: &TempDir, name: &str) -> Vec<u8> {
        fs::read(folder.path().join("functions/docs/out").join(name)).unwrap()
    }

    #[test]
    fn what_is_compressed_is_what_is_not() {
        let fragment = r#"{ "paths": { "/tags": { "get": { "tags": ["Tags"] } } }, "tags": [{ "name": "Tags" }] }"#;
        let (folder, made) = made(&[
            ("spin.toml", APPLICATION),
            ("functions/tags/openapi.json", fragment),
        ]);
        made.unwrap();
        assert_eq!(read(&folder, "faults.txt"), b"");
        let document: serde_json::Value =
            serde_json::from_slice(&read(&folder, "openapi.json")).unwrap();
        assert_eq!(document["openapi"], "3.1.0");
        let site = String::from_utf8(read(&folder, "site.rs")).unwrap();
        for name in ["openapi.json", "docs.html"]
            .into_iter()
            .chain(ASSETS.map(|asset| asset.name))
        {
            let mut bytes = Vec::new();
            GzDecoder::new(&*read(&folder, &format!("{name}.gz")))
                .read_to_end(&mut bytes)
                .unwrap();
            assert!(!bytes.is_empty() && bytes == read(&folder, name), "{name}");
            assert!(site.contains(&format!("include_bytes!(\"{name}.gz\")")));
        }
    }

    #[test]
    fn half_a_document_is_not_shown() {
        let (folder, made) = made(&[("spin.toml", APPLICATION)]);
        made.unwrap();
        assert_eq!(read(&folder, "openapi.json"), b"");
        let faults = String::from_utf8(read(&folder, "faults.txt")).unwrap();
        let page = String::from_utf8(read(&folder, "docs.html")).unwrap();
        assert!(
            faults.contains("tags is missing") && page.contains(&faults),
            "{page}"
        );
    }

    #[test]
    fn the_page_refers_to_files_that_are_there() {
        let page = page::render(&serde_json::Value::Null, &[]);
        for file in ASSETS {
            let reference = format!("\"docs/{}\"", file.name);
            assert!(page.contains(&reference), "{}", file.name);
        }
        // The policy would not let them run.
        assert!(!page.contains("<style") && !page.contains("style=") && !page.contains("<script>"));
    }

    #[test]
    fn without_a_manifest_there_is_a_sentence() {
        let (_folder, made) = made(&[]);
        assert!(made.unwrap_err().contains("there is no spin.toml"));
    }
}
