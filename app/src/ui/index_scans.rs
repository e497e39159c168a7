//! Whose scans of indexes were counted, in words.

use model::indexes::listing::Considered;

use super::format;

/// Which servers were considered before an index is called unused.
pub fn considered(considered: &Considered) -> String {
    let seen = considered.standbys.len() as i64;
    if considered.in_recovery {
        return "This is a standby: its scans alone are counted here, and the primary's page judges whether an index is used.".into();
    }
    let own = match considered.standbys.as_slice() {
        [] => "Called unused is what this server did not scan; no standby of it is watched.".into(),
        names => {
            format!("Called unused is what neither this server nor {} scanned.", names.join(", "))
        }
    };
    let rest = match (considered.connected, considered.idle_slots) {
        (Some(connected), _) if connected > seen => format!(
            " {} connected whose scans pgdeck does not see.",
            format::plural(connected - seen, "standby is", "standbys are")
        ),
        (Some(0), Some(1..)) if seen == 0 => {
            " A replication slot waits for a standby that is away.".into()
        }
        (Some(_), Some(_)) => String::new(),
        _ => " Whether standbys are connected is hidden from our role.".into(),
    };
    own + &rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_was_asked_before_an_index_is_called_unused_is_said() {
        let of = |standbys: &[&str], connected, idle_slots| {
            considered(&Considered {
                standbys: standbys.iter().map(|name| (*name).to_owned()).collect(),
                connected,
                idle_slots,
                ..Considered::default()
            })
        };
        assert!(of(&[], Some(0), Some(0)).ends_with("no standby of it is watched."));
        assert!(
            of(&["b", "c"], Some(2), Some(0)).ends_with("neither this server nor b, c scanned.")
        );
        assert!(of(&["b"], Some(3), Some(0)).contains("2 standbys are connected"));
        assert!(of(&[], Some(0), Some(1)).contains("standby that is away"));
        assert!(of(&[], None, None).contains("hidden"));
    }
}
