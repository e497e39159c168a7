//! Confirmation tokens: issued with a preview, redeemable once within ten minutes, by the same user and
//! for exactly that preview.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use model::action::{Ask, Preview, Refusal};
use serde::Serialize;
use sha2::{Digest, Sha256};

use hex::encode as hex;

/// Lifetime of a token, ms: an older preview no longer shows the current state.
const LIFETIME_MS: i64 = 10 * 60 * 1_000;

/// Issues and redeems tokens.
pub struct Confirmations {
    secret: [u8; 32],
    /// Redeemed tokens with their expiry, ms.
    used: Mutex<HashMap<String, i64>>,
}

/// What a token covers: what would be done, but not ages, which change by themselves.
#[derive(Serialize)]
struct TokenPayload<'a> {
    user: &'a str,
    server: &'a str,
    ask: &'a Ask,
    role: &'a str,
    lock: &'a str,
    effect: &'a str,
    targets: Vec<(&'a str, &'a str, &'a Option<Refusal>)>,
}

impl Confirmations {
    /// With a random secret: tokens are valid in this process only.
    pub fn new() -> anyhow::Result<Self> {
        let mut secret = [0_u8; 32];
        getrandom::fill(&mut secret).map_err(|error| {
            anyhow::anyhow!("cannot get random bytes from the operating system: {error}")
        })?;
        Ok(Self { secret, used: Mutex::default() })
    }

    /// Issues a token for the preview shown to this user.
    pub fn issue(&self, user: &str, preview: &Preview, now_ms: i64) -> String {
        self.token(user, preview, now_ms)
    }

    /// Whether the token matches what would be done now; a match uses the token up.
    pub fn redeem(&self, token: &str, user: &str, preview: &Preview, now_ms: i64) -> bool {
        let issued_ms = token.split_once('.').and_then(|(ms, _)| ms.parse::<i64>().ok());
        let Some(issued_ms) = issued_ms.filter(|ms| (0..LIFETIME_MS).contains(&(now_ms - ms)))
        else {
            return false;
        };
        // Compares hashes, so timing reveals nothing about the token.
        let digest = |text: &str| Sha256::digest(text.as_bytes());
        if digest(&self.token(user, preview, issued_ms)) != digest(token) {
            return false;
        }
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.retain(|_, expires_ms| *expires_ms > now_ms);
        used.insert(token.to_owned(), issued_ms + LIFETIME_MS).is_none()
    }

    fn token(&self, user: &str, preview: &Preview, issued_ms: i64) -> String {
        let payload = TokenPayload {
            user,
            server: preview.server.as_str(),
            ask: &preview.ask,
            role: &preview.role,
            lock: &preview.lock,
            effect: &preview.effect,
            targets: preview
                .targets
                .iter()
                .map(|t| (t.object.as_str(), t.sql.as_str(), &t.refusal))
                .collect(),
        };
        let inner = Sha256::digest(serde_json::to_vec(&payload).unwrap_or_default());
        let hash = Sha256::new()
            .chain_update(self.secret)
            .chain_update(issued_ms.to_be_bytes())
            .chain_update(inner)
            .finalize();
        format!("{issued_ms}.{}", hex(hash))
    }
}

#[cfg(test)]
mod tests {
    use model::ServerId;
    use model::action::{Action, Previewed, Target};

    use super::*;

    fn preview() -> Preview {
        let target = Target::Session { pid: 640, backend_start_ms: 1 };
        let shown = Previewed {
            target: target.clone(),
            object: "pid 640".into(),
            who: String::new(),
            state: Some("active".into()),
            state_age_ms: Some(1.0),
            query: None,
            sql: "select 1".into(),
            refusal: None,
        };
        Preview {
            server: ServerId::new("shop"),
            ask: Ask { action: Action::Terminate, targets: vec![target], twice: false },
            role: "op".into(),
            lock: String::new(),
            effect: String::new(),
            targets: vec![shown],
            frees: None,
            token: None,
        }
    }

    #[test]
    fn a_token_is_redeemed_once_by_its_user_for_its_preview() {
        let tokens = Confirmations::new().unwrap();
        let token = tokens.issue("eve", &preview(), 1_000);
        assert!(!tokens.redeem(&token, "bob", &preview(), 2_000));
        let mut other = preview();
        other.targets[0].sql = "select 2".into();
        assert!(!tokens.redeem(&token, "eve", &other, 2_000));
        other = preview();
        other.ask.action = Action::Cancel;
        assert!(!tokens.redeem(&token, "eve", &other, 2_000));
        assert!(!tokens.redeem(&token, "eve", &preview(), 1_000 + LIFETIME_MS), "too late");
        assert!(!tokens.redeem(&token, "eve", &preview(), 999), "from the future");
        other = preview();
        other.targets[0].state_age_ms = Some(9.0);
        assert!(tokens.redeem(&token, "eve", &other, 2_000), "an age is not what is confirmed");
        assert!(!tokens.redeem(&token, "eve", &preview(), 2_000), "used up");
        for wrong in ["", "1000", "1000.", "x.y", "1000.00"] {
            assert!(!tokens.redeem(wrong, "eve", &preview(), 2_000), "{wrong}");
        }
        assert!(
            !Confirmations::new().unwrap().redeem(&token, "eve", &preview(), 2_000),
            "another process"
        );
    }
}
