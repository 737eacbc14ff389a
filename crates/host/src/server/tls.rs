//! The certificate and key of an HTTPS server.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use thiserror::Error;

/// Why a certificate and key cannot be used. Every message names the file.
#[derive(Debug, Error)]
pub enum TlsError {
    /// A file that cannot be read.
    #[error("cannot read the TLS {what} {}: {source}", .path.display())]
    Unreadable {
        /// "certificate" or "key".
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// A file that is not PEM.
    #[error("the TLS {what} {} is not valid PEM: {reason}", .path.display())]
    Malformed {
        /// "certificate" or "key".
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// PEM, but without a certificate.
    #[error("{} holds no certificate (a section that begins with -----BEGIN CERTIFICATE-----)", .0.display())]
    NoCertificate(PathBuf),
    /// PEM, but without a private key.
    #[error("{} holds no private key (a section that begins with -----BEGIN PRIVATE KEY-----)", .0.display())]
    NoKey(PathBuf),
    /// The two do not work together, or use something that this build does not support.
    #[error("the TLS certificate {} and key {} cannot be used: {reason}", .certificate.display(), .key.display())]
    Unusable {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
        /// What rustls said.
        reason: rustls::Error,
    },
}

/// Reads a certificate chain and its private key (PKCS#8, PKCS#1 or SEC1), both PEM, for TLS 1.2
/// and 1.3 with HTTP/2 and HTTP/1.1 offered by ALPN ([RFC 7301]).
///
/// # Errors
///
/// A [`TlsError`] that names the file when one is missing, is not PEM, holds the wrong thing, or
/// when the two do not belong together.
///
/// [RFC 7301]: https://www.rfc-editor.org/rfc/rfc7301
pub fn load_tls(certificate: &Path, key: &Path) -> Result<Arc<ServerConfig>, TlsError> {
    let chain = CertificateDer::pem_slice_iter(&read("certificate", certificate)?)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| malformed("certificate", certificate, &error))?;
    if chain.is_empty() {
        return Err(TlsError::NoCertificate(certificate.to_owned()));
    }
    let secret =
        PrivateKeyDer::from_pem_slice(&read("key", key)?).map_err(|error| match error {
            pem::Error::NoItemsFound => TlsError::NoKey(key.to_owned()),
            error => malformed("key", key, &error),
        })?;
    let unusable = |reason| TlsError::Unusable {
        certificate: certificate.to_owned(),
        key: key.to_owned(),
        reason,
    };
    // The provider is named rather than left to the process-wide default, which other crates in
    // the graph could set to something else or not at all.
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(unusable)?
        .with_no_client_auth()
        .with_single_cert(chain, secret)
        .map_err(unusable)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn read(what: &'static str, path: &Path) -> Result<Vec<u8>, TlsError> {
    std::fs::read(path).map_err(|source| TlsError::Unreadable {
        what,
        path: path.to_owned(),
        source,
    })
}

fn malformed(what: &'static str, path: &Path, error: &pem::Error) -> TlsError {
    TlsError::Malformed {
        what,
        path: path.to_owned(),
        reason: error.to_string(),
    }
}
