//! Verdict of the fleet: all servers in one sentence, with the finding to act on first.

use model::ranking::by_harm;
use model::server::ConnectionState;
use model::{ServerSummary, Severity};

use crate::ui::format;
use crate::ui::verdict::{Tone, Words};

/// All counts together, and the finding to act on first with its server.
pub fn words(servers: &[ServerSummary]) -> Words {
    let lost: Vec<&str> = servers
        .iter()
        .filter(|s| matches!(s.link, ConnectionState::Lost { .. }))
        .map(|s| s.id.as_str())
        .collect();
    let worst = |severity| servers.iter().filter(move |s| s.worst.is_some_and(|w| w.0 == severity));
    let (critical, warning) = (worst(Severity::Critical).count(), worst(Severity::Warning).count());
    let blind = servers.iter().filter(|s| s.blind > 0 || s.link == ConnectionState::Connecting);
    let blind = blind.filter(|s| !lost.contains(&s.id.as_str())).count();
    let watched = format::plural(servers.len() as i64, "server", "servers");
    let mut counts = Vec::new();
    let mut count = |n: usize, what: &str| {
        if n > 0 {
            counts.push(format!("{n} {what}"));
        }
    };
    count(critical, "critical");
    count(warning, "with warnings");
    count(lost.len(), "unreachable");
    count(blind, "not fully checked");
    if counts.is_empty() {
        return (format!("{watched}, all checked, no open warnings."), Tone::Fine);
    }
    let mut message = format!("{watched}: {}.", counts.join(", "));
    let first = servers.iter().filter_map(|s| Some((s, s.first.as_ref()?)));
    let first = first.filter(|(_, first)| first.severity > Severity::Info);
    let first = first.min_by(|(_, a), (_, b)| by_harm((a.severity, a.harm), (b.severity, b.harm)));
    if let Some((server, first)) = first {
        let severity = first.severity.title();
        message.push_str(&format!(" {severity} on {}: {}", server.id, first.message));
    } else if let Some((first, others)) = lost.split_first() {
        let others = match others.len() {
            0 => String::new(),
            n => format!(" and {n} more"),
        };
        message.push_str(&format!(" No answer from {first}{others}."));
    }
    let tone = match (critical + lost.len(), warning) {
        (0, 0) => Tone::Unknown,
        (0, _) => Tone::Found(Severity::Warning),
        _ => Tone::Found(Severity::Critical),
    };
    (message, tone)
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::server::{FirstFinding, Headline};
    use model::{Harm, Reason, ServerId};

    fn server(name: &str, first: Option<(Severity, Harm)>, blind: usize) -> ServerSummary {
        ServerSummary {
            id: ServerId::new(name),
            labels: vec![],
            address: String::new(),
            link: ConnectionState::Up,
            facts: None,
            worst: first.map(|(severity, _)| (severity, 1)),
            first: first.map(|(severity, harm)| FirstFinding {
                severity,
                harm,
                message: format!("{name} hurts."),
            }),
            blind,
            headline: Headline::default(),
        }
    }

    #[test]
    fn the_verdict_counts_critical_warning_unreachable_and_blind_together() {
        let hurts = |seconds| Harm::Hurts { sessions: 3, seconds };
        let mut gone = server("gone", None, 12);
        gone.link = ConnectionState::Lost { since_ms: 0, reason: Reason::NotYet };
        let all = [
            gone,
            server("disk", Some((Severity::Critical, Harm::Risk { due_s: None })), 0),
            server("shop", Some((Severity::Warning, hurts(90.0))), 0),
            server("mute", None, 4),
            server("calm", None, 0),
        ];
        let (message, tone) = words(&all);
        assert_eq!(
            message,
            "5 servers: 1 critical, 1 with warnings, 1 unreachable, 1 not fully checked. Warning on shop: shop hurts."
        );
        assert_eq!(tone, Tone::Found(Severity::Critical));
    }

    #[test]
    fn green_only_when_every_server_was_fully_checked() {
        assert_eq!(words(&[server("calm", None, 0)]).1, Tone::Fine);
        assert_eq!(words(&[server("mute", None, 1)]).1, Tone::Unknown);
        let mut new = server("new", None, 0);
        new.link = ConnectionState::Connecting;
        assert_eq!(words(&[new]).1, Tone::Unknown);
    }
}
