//! The socket of a server: TCP or Unix, with TLS as its DSN says. What sqlx does in `PgStream::connect`, with
//! the same functions of sqlx-core, so that names, certificates and errors are treated alike.

use sqlx::postgres::PgSslMode;
use sqlx_core::net::tls::{self, CertificateInput, TlsConfig};
use sqlx_core::net::{Socket, SocketIntoBox, WithSocket, connect_uds};
use tokio::net::TcpStream;

use crate::dsn::Dsn;

/// Asks for TLS: its length, and the code 1234.5679 (manual: *Message Formats*, SSLRequest).
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// Connects, and agrees on TLS.
pub async fn open(dsn: &Dsn) -> Result<Box<dyn Socket>, sqlx::Error> {
    let (host, port) = (dsn.host(), dsn.port());
    if host.starts_with('/') {
        connect_uds(format!("{host}/.s.PGSQL.{port}"), Upgrade(dsn)).await?
    } else {
        let socket = TcpStream::connect((host, port)).await?;
        // A long question is sent in parts, and PostgreSQL answers no part: the last one would wait for the server's
        // delayed acknowledgement, 40 ms (RFC 9293, 3.7.4 "Nagle Algorithm").
        socket.set_nodelay(true)?;
        Upgrade(dsn).with_socket(socket).await
    }
}

/// Puts TLS around a socket where it is wanted and to be had.
struct Upgrade<'a>(&'a Dsn);

impl WithSocket for Upgrade<'_> {
    type Output = Result<Box<dyn Socket>, sqlx::Error>;

    async fn with_socket<S: Socket>(self, mut socket: S) -> Self::Output {
        let wanted = self.0.tls();
        let verifies = matches!(wanted.mode, PgSslMode::VerifyCa | PgSslMode::VerifyFull);
        if matches!(wanted.mode, PgSslMode::Disable | PgSslMode::Allow) {
            return Ok(Box::new(socket));
        }
        if !has_tls(&mut socket).await? {
            if matches!(wanted.mode, PgSslMode::Prefer) {
                return Ok(Box::new(socket));
            }
            return Err(sqlx::Error::Tls("server does not support TLS".into()));
        }
        let [root, certificate, key] = [&wanted.root, &wanted.certificate, &wanted.key]
            .map(|path| path.clone().map(CertificateInput::File));
        // A client certificate needs both, which the DSN has been checked for.
        let config = TlsConfig {
            accept_invalid_certs: !verifies,
            accept_invalid_hostnames: !matches!(wanted.mode, PgSslMode::VerifyFull),
            hostname: self.0.host(),
            root_cert_path: root.as_ref(),
            client_cert_path: certificate.as_ref(),
            client_key_path: key.as_ref(),
        };
        tls::handshake(socket, config, SocketIntoBox).await
    }
}

async fn has_tls(socket: &mut impl Socket) -> Result<bool, sqlx::Error> {
    let mut rest = SSL_REQUEST.as_slice();
    while !rest.is_empty() {
        let written = socket.write(rest).await?;
        rest = rest.get(written..).unwrap_or_default();
    }
    let mut answer = [0];
    socket.read(&mut answer.as_mut_slice()).await?;
    match answer {
        [b'S'] => Ok(true),
        [b'N'] => Ok(false),
        [other] => Err(sqlx::Error::Protocol(format!(
            "unexpected response from SSLRequest: 0x{other:02x}"
        ))),
    }
}
