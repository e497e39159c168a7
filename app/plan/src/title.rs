//! Node names as FORMAT TEXT prints them, whatever format the plan came in.

use model::shorten::shortened;

use crate::node::Node;

impl Node {
    /// The node's name in one line: `Parallel Hash Left Join`, `Index Scan Backward`, `Update`.
    pub fn title(&self) -> String {
        let mut title = String::new();
        if self.is("Parallel Aware") {
            title.push_str("Parallel ");
        }
        if self.is("Async Capable") {
            title.push_str("Async ");
        }
        if let Some(mode) = self.get("Partial Mode").filter(|mode| mode != "Simple") {
            title.push_str(&mode);
            title.push(' ');
        }
        let word = |key: &str| self.get(key).unwrap_or_default();
        match self.kind.as_str() {
            "ModifyTable" => title.push_str(&word("Operation")),
            "Aggregate" => {
                title.push_str(match word("Strategy").as_ref() {
                    "Sorted" => "Group",
                    "Hashed" => "Hash",
                    "Mixed" => "Mixed",
                    _ => "",
                });
                title.push_str("Aggregate");
            }
            "SetOp" => {
                title.push_str(if word("Strategy") == "Hashed" { "HashSetOp " } else { "SetOp " });
                title.push_str(&word("Command"));
            }
            "Nested Loop" | "Hash Join" | "Merge Join" => {
                title.push_str(self.kind.trim_end_matches(" Join"));
                let join = word("Join Type");
                if !join.is_empty() && join != "Inner" {
                    title.push(' ');
                    title.push_str(&join);
                    title.push_str(" Join");
                } else if self.kind != "Nested Loop" {
                    title.push_str(" Join");
                }
            }
            "Foreign Scan" if !matches!(word("Operation").as_ref(), "" | "Select") => {
                title.push_str("Foreign ");
                title.push_str(&word("Operation"));
            }
            kind => title.push_str(kind),
        }
        if word("Scan Direction") == "Backward" {
            title.push_str(" Backward");
        }
        title
    }

    /// What it reads or writes: relation, CTE or function, with its alias where that differs.
    pub fn object(&self) -> Option<String> {
        let named = ["CTE Name", "Function Name", "Table Function Name", "Tuplestore Name"];
        let name = self
            .relation
            .clone()
            .or_else(|| named.iter().find_map(|key| self.get(key)).map(|name| name.into_owned()));
        match (name, &self.alias) {
            (Some(name), Some(alias)) if *alias != name => Some(format!("{name} {alias}")),
            (Some(name), _) => Some(name),
            (None, alias) => alias.clone(),
        }
    }

    /// Index and object as they follow the title: `using orders_pkey on orders o`.
    pub fn target(&self) -> Option<String> {
        let index = self.index.as_ref().map(|index| format!("using {index}"));
        let object = self.object().map(|object| format!("on {object}"));
        match (index, object) {
            (Some(index), Some(object)) => Some(format!("{index} {object}")),
            (index, object) => index.or(object),
        }
    }

    /// Its target; of a node without one the key it sorts, groups, joins or caches by, of which
    /// `most` characters are shown: `by created`.
    pub fn target_or_key(&self, most: usize) -> Option<String> {
        let keys = ["Sort Key", "Group Key", "Hash Cond", "Merge Cond", "Join Filter", "Cache Key"];
        let key = || keys.iter().find_map(|key| self.get(key));
        self.target().or_else(|| key().map(|key| format!("by {}", shortened(&key, most))))
    }

    /// Title and target: `Index Scan using orders_pkey on orders o`.
    pub fn name(&self) -> String {
        joined(self.title(), self.target())
    }

    /// Title and target, or the key of a node without a target: `Sort by created`.
    pub fn name_with_key(&self, most: usize) -> String {
        joined(self.title(), self.target_or_key(most))
    }
}

fn joined(title: String, target: Option<String>) -> String {
    match target {
        Some(target) => format!("{title} {target}"),
        None => title,
    }
}
