//! Confirmation tokens: a token is issued with a preview and can be redeemed once, by the same user, for
//! exactly that preview, within ten minutes.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use model::action::{Ask, Preview, Refusal};
use serde::Serialize;
use sha2::{Digest, Sha256};

use hex::encode as hex;

/// How long a preview can be confirmed, ms: what was seen is no longer what is after that.
const LIFE_MS: i64 = 10 * 60 * 1_000;

/// Makes tokens and takes them back.
pub struct Confirmations {
    secret: [u8; 32],
    /// Those that were used, with their end.
    used: Mutex<HashMap<String, i64>>,
}

/// What a token stands for: what would be done, not how long somebody has been idle.
#[derive(Serialize)]
struct Confirmed<'a> {
    who: &'a str,
    server: &'a str,
    ask: &'a Ask,
    role: &'a str,
    lock: &'a str,
    effect: &'a str,
    targets: Vec<(&'a str, &'a str, &'a Option<Refusal>)>,
}

impl Confirmations {
    /// Confirmations of this process.
    pub fn new() -> anyhow::Result<Self> {
        let mut secret = [0_u8; 32];
        getrandom::fill(&mut secret).map_err(|error| {
            anyhow::anyhow!("cannot get random bytes from the operating system: {error}")
        })?;
        Ok(Self { secret, used: Mutex::default() })
    }

    /// A token for what is shown to that person now.
    pub fn issue(&self, who: &str, preview: &Preview, now_ms: i64) -> String {
        self.token(who, preview, now_ms)
    }

    /// Whether the token fits what would be done now; the first that fits uses it up.
    pub fn redeem(&self, token: &str, who: &str, preview: &Preview, now_ms: i64) -> bool {
        let given_ms = token.split_once('.').and_then(|(ms, _)| ms.parse::<i64>().ok());
        let Some(given_ms) = given_ms.filter(|ms| (0..LIFE_MS).contains(&(now_ms - ms))) else {
            return false;
        };
        // Both sides are hashed once more, so the time taken tells nothing about the token.
        let digest = |text: &str| Sha256::digest(text.as_bytes());
        if digest(&self.token(who, preview, given_ms)) != digest(token) {
            return false;
        }
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.retain(|_, until| *until > now_ms);
        used.insert(token.to_owned(), given_ms + LIFE_MS).is_none()
    }

    fn token(&self, who: &str, preview: &Preview, given_ms: i64) -> String {
        let confirmed = Confirmed {
            who,
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
        let inner = Sha256::digest(serde_json::to_vec(&confirmed).unwrap_or_default());
        let hash = Sha256::new()
            .chain_update(self.secret)
            .chain_update(given_ms.to_be_bytes())
            .chain_update(inner)
            .finalize();
        format!("{given_ms}.{}", hex(hash))
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
    fn a_token_fits_what_was_shown_to_whom_it_was_shown_once() {
        let tokens = Confirmations::new().unwrap();
        let token = tokens.issue("eve", &preview(), 1_000);
        assert!(!tokens.redeem(&token, "bob", &preview(), 2_000));
        let mut other = preview();
        other.targets[0].sql = "select 2".into();
        assert!(!tokens.redeem(&token, "eve", &other, 2_000));
        other = preview();
        other.ask.action = Action::Cancel;
        assert!(!tokens.redeem(&token, "eve", &other, 2_000));
        assert!(!tokens.redeem(&token, "eve", &preview(), 1_000 + LIFE_MS), "too late");
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
