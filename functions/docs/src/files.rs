//! What the component holds.

/// A file, compressed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct File {
    pub(crate) name: &'static str,
    pub(crate) media_type: &'static str,
    /// What gzip made of it.
    pub(crate) gzip: &'static [u8],
    /// The file itself, where it is asked for by programs that do not know gzip.
    pub(crate) plain: Option<&'static [u8]>,
}

macro_rules! built {
    ($name:literal) => {
        include_bytes!(concat!(env!("OUT_DIR"), "/", $name))
    };
}

/// The document, or nothing where the component was built without all of it.
pub(crate) const DOCUMENT: File = File {
    name: "openapi.json",
    media_type: "application/json",
    gzip: built!("openapi.json.gz"),
    plain: Some(built!("openapi.json")),
};

pub(crate) const PAGE: File = File {
    name: "docs.html",
    media_type: "text/html; charset=utf-8",
    gzip: built!("docs.html.gz"),
    plain: Some(built!("docs.html")),
};

/// What stands against showing the document, a line for each fault; nothing if all is well.
pub(crate) const FAULTS: &str = include_str!(concat!(env!("OUT_DIR"), "/faults.txt"));

/// What the page is made of. Swagger UI is held compressed alone: no browser refuses gzip, and it is 1.9
/// MB without.
pub(crate) const ASSETS: [File; 4] = [
    File {
        name: "docs.css",
        media_type: "text/css; charset=utf-8",
        gzip: built!("docs.css.gz"),
        plain: Some(built!("docs.css")),
    },
    File {
        name: "docs.js",
        media_type: "text/javascript; charset=utf-8",
        gzip: built!("docs.js.gz"),
        plain: Some(built!("docs.js")),
    },
    File {
        name: "swagger-ui.css",
        media_type: "text/css; charset=utf-8",
        gzip: built!("swagger-ui.css.gz"),
        plain: None,
    },
    File {
        name: "swagger-ui-bundle.js",
        media_type: "text/javascript; charset=utf-8",
        gzip: built!("swagger-ui-bundle.js.gz"),
        plain: None,
    },
];

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use flate2::read::GzDecoder;

    use super::*;

    #[test]
    fn the_document_is_whole() {
        assert_eq!(FAULTS, "");
        let plain = DOCUMENT.plain.expect("is held");
        let document: serde_json::Value = serde_json::from_slice(plain).expect("is JSON");
        assert_eq!(document["openapi"], "3.1.0");
    }

    #[test]
    fn what_is_compressed_is_what_is_not() {
        for file in ASSETS.iter().chain([&DOCUMENT, &PAGE]) {
            let mut text = String::new();
            let read = GzDecoder::new(file.gzip).read_to_string(&mut text);
            read.expect("is gzip of UTF-8");
            assert!(!text.is_empty(), "{}", file.name);
            if let Some(plain) = file.plain {
                assert_eq!(text.as_bytes(), plain, "{}", file.name);
            }
        }
    }

    #[test]
    fn the_page_refers_to_files_that_are_there() {
        let page = std::str::from_utf8(PAGE.plain.expect("is held")).expect("is UTF-8");
        for file in ASSETS {
            assert!(
                page.contains(&format!("\"docs/{}\"", file.name)),
                "{}",
                file.name
            );
        }
        // The policy would not let them run.
        assert!(!page.contains("<style") && !page.contains("style=") && !page.contains("<script>"));
    }
}
