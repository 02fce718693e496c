//! The tag, and nothing but the tag, in a thousand generated projects.

use proptest::prelude::*;

use super::fixture::Files;

/// How the image of a service is written.
#[derive(Debug, Clone, Copy)]
enum Style {
    Plain,
    Single,
    Double,
    NextLine,
    Folded,
    Flow,
    Anchor,
    Merge,
    Default,
    EnvFile,
    EnvFileQuoted,
    WholeVariable,
    SecondDocument,
}

/// What surrounds the services.
#[derive(Debug, Clone)]
struct Project {
    style: Style,
    name: String,
    others: Vec<String>,
    comment: String,
    crlf: bool,
    bom: bool,
    gap: &'static str,
    final_newline: bool,
}

impl Project {
    /// The compose file and the `.env` file of the project with this tag.
    fn render(&self, tag: &str) -> (String, String) {
        let image = format!("{}:{tag}", self.name);
        let Self { comment, gap, .. } = self;
        let line = |value: &str| format!("    image:{gap}{value}{gap}# {comment}\n");
        let body = match self.style {
            Style::Plain | Style::SecondDocument => line(&image),
            Style::Single => line(&format!("'{image}'")),
            Style::Double => line(&format!("\"{image}\"")),
            Style::NextLine => format!("    image:\n      {image}\n"),
            Style::Folded => format!("    image: >-\n      {image}\n"),
            Style::Flow => format!("    {{labels: [{comment:?}], image: {image}}}\n"),
            Style::Anchor => line("*image"),
            Style::Merge => "    <<: [*base]\n".to_owned(),
            Style::Default => line(&format!("{}:${{TAG:-{tag}}}", self.name)),
            Style::EnvFile | Style::EnvFileQuoted => line(&format!("{}:${{TAG:-1}}", self.name)),
            Style::WholeVariable => line("$IMAGE"),
        };
        let prelude = match self.style {
            Style::Anchor => format!("x-image: &image {image} # {comment}\n"),
            Style::Merge => format!("x-base: &base\n  init: true\n  image: \"{image}\"\n"),
            Style::SecondDocument => "services: {a: {image: 'ghost:1'}}\n---\n".to_owned(),
            _ => String::new(),
        };
        let other = |name: &String| format!("  s{name}:\n    image: ghost:3.36\n");
        let others = self.others.iter().map(other).collect::<Vec<_>>().concat();
        let compose = format!("# {comment}\n{prelude}services:\n{others}  a:\n{body}\nx-z: 0755\n");
        let env = match self.style {
            Style::EnvFile => format!("# {comment}\nexport TAG={tag} # {comment}\nB='\n'\n"),
            Style::EnvFileQuoted => format!("A=1\nTAG: '{tag}'\nB=\"${{TAG}}\"\n"),
            Style::WholeVariable => format!("IMAGE={image}\n"),
            _ => "TAGS=3.36\n".to_owned(),
        };
        (self.dress(&compose), self.dress(&env))
    }

    fn dress(&self, text: &str) -> String {
        let text = if self.crlf { text.replace('\n', "\r\n") } else { text.to_owned() };
        let text = if self.bom { format!("\u{feff}{text}") } else { text };
        if self.final_newline { text } else { text.trim_end().to_owned() }
    }
}

fn project() -> impl Strategy<Value = Project> {
    let style = prop::sample::select(vec![
        Style::Plain,
        Style::Single,
        Style::Double,
        Style::NextLine,
        Style::Folded,
        Style::Flow,
        Style::Anchor,
        Style::Merge,
        Style::Default,
        Style::EnvFile,
        Style::EnvFileQuoted,
        Style::WholeVariable,
        Style::SecondDocument,
    ]);
    let name = "([a-z]{1,5}(\\.[a-z]{2})?(:[1-9][0-9]{1,3})?/)?[a-z]{1,8}(/[a-z0-9]{1,6})?";
    let others = prop::collection::btree_set("[a-z]{1,6}", 0..4);
    let comment = "[a-zA-Zäß0-9 .:]{0,20}";
    (
        style,
        name,
        others,
        comment,
        (any::<[bool; 3]>(), prop::sample::select(vec![" ", "\t", "  \t"])),
    )
        .prop_map(|(style, name, others, comment, ([crlf, bom, final_newline], gap))| {
            Project {
                style,
                name,
                others: others.into_iter().collect(),
                comment,
                crlf,
                bom,
                gap,
                final_newline,
            }
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn an_edited_project_is_the_project_written_with_the_other_tag(
        project in project(),
        old in "[0-9]{1,2}\\.[0-9]{1,3}(-[a-z]{1,6})?",
        new in "[0-9A-Za-z_][0-9A-Za-z_.-]{0,20}",
    ) {
        let (compose, env) = project.render(&old);
        let (edited_compose, edited_env, image) = Files::new(&compose, &env).after(&new);
        prop_assert_eq!((edited_compose, edited_env), project.render(&new));
        prop_assert_eq!(image, format!("{}:{new}", project.name));
    }
}
