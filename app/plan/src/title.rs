//! The name of a node as FORMAT TEXT prints it, whatever format it came in.

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
}
