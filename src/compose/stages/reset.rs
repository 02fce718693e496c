//! `!reset` and `!override`: what a later file takes away from earlier ones.

use crate::compose::document::{Node, Tag, Value};

/// Places that a document takes away, each as its keys from the top.
#[derive(Debug, Clone, Default)]
pub(super) struct Removals(Vec<Vec<String>>);

impl Removals {
    /// Takes the values tagged `!reset` out of `root`, and remembers their places and those of
    /// values tagged `!override`.
    pub(super) fn extract(root: &mut Node) -> Self {
        let mut removals = Self::default();
        removals.collect(root, &mut Vec::new());
        removals
    }

    fn collect(&mut self, node: &mut Node, path: &mut Vec<String>) {
        match &mut node.value {
            Value::Map(map) => map.retain(|key, entry| {
                path.push(key.clone());
                let stays = self.visit(&mut entry.node, path);
                path.pop();
                stays
            }),
            Value::Seq(items) => items.retain_mut(|item| {
                path.push("[]".to_owned());
                let stays = self.visit(item, path);
                path.pop();
                stays
            }),
            _ => {}
        }
    }

    fn visit(&mut self, node: &mut Node, path: &mut Vec<String>) -> bool {
        match node.tag {
            Some(_) => self.0.push(path.clone()),
            None => self.collect(node, path),
        }
        node.tag != Some(Tag::Reset)
    }

    /// Removes those places from `target`, which stands at `path`.
    pub(super) fn apply(&self, target: &mut Node, path: &[&str]) {
        for removal in &self.0 {
            let Some(inside) = removal.get(..path.len()).filter(|head| *head == path) else {
                continue;
            };
            remove(target, &removal[inside.len()..]);
        }
    }
}

fn remove(node: &mut Node, path: &[String]) {
    let Value::Map(map) = &mut node.value else { return };
    match path {
        [] => {}
        [key] => {
            map.shift_remove(key);
        }
        [key, rest @ ..] => {
            if let Some(entry) = map.get_mut(key) {
                remove(&mut entry.node, rest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::document::fixture::document;
    use crate::compose::document::is_same;

    #[test]
    fn reset_takes_away_and_override_clears_the_way() {
        let mut over = document("a: {b: !reset null, c: !override [3], d: 4}\n");
        let removals = Removals::extract(&mut over);
        assert!(is_same(&over, &document("a: {c: [3], d: 4}")));
        let mut base = document("a: {b: 1, c: [1, 2], d: 3}\n");
        removals.apply(&mut base, &[]);
        assert!(is_same(&base, &document("a: {d: 3}")));
        let mut part = document("{b: 1, e: 2}");
        removals.apply(&mut part, &["a"]);
        assert!(is_same(&part, &document("e: 2")));
    }
}
