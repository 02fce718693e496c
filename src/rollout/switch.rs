//! Steps that point a proxy at the new container by the user's own command.

use std::time::Duration;

use super::host::HostCommand;
use super::step::{Reason, Stage};
use crate::cutover::own_address;
use crate::engine::Engine;
use crate::engine::api::ContainerId;
use crate::env::switch;
use crate::plan::steps::ReplacementId;

/// How long the command may take.
const DEADLINE: Duration = Duration::from_mins(1);

/// One of the two containers, as the command gets to know it.
#[derive(Debug, Clone)]
struct End {
    name: String,
    /// Empty if it has none.
    address: String,
}

impl<E: Engine> Stage<'_, E> {
    /// Points the proxy at the new container. Nobody knows how far a command came that failed, so it
    /// is run at once the other way round.
    pub(super) async fn switch(&self, of: ReplacementId) -> Result<(), Reason> {
        let (old, new) = (self.old_end(of).await?, self.new_end(of).await?);
        let Err(reason) = self.run_switch(of, &old, &new).await else { return Ok(()) };
        match self.run_switch(of, &new, &old).await {
            Err(back) if back != reason => {
                Err(format!("{reason}; and the other way round: {back}"))
            }
            _ => Err(reason),
        }
    }

    /// Points the proxy at the old container again.
    pub(super) async fn switch_back(&self, of: ReplacementId) -> Result<(), Reason> {
        let (old, new) = (self.old_end(of).await?, self.new_end(of).await?);
        self.run_switch(of, &new, &old).await
    }

    /// Tells the proxy the final name of the new container.
    pub(super) async fn switch_name(&self, of: ReplacementId) -> Result<(), Reason> {
        let now = self.new_end(of).await?;
        let pair = self.plan.replacement(of);
        let before = End { name: pair.name().to_owned(), ..now.clone() };
        let now = End { name: pair.final_name.clone(), ..now };
        self.run_switch(of, &before, &now).await
    }

    async fn old_end(&self, of: ReplacementId) -> Result<End, Reason> {
        let old = self.old_container(of)?;
        self.end(old.name.clone(), Some(&old.id)).await
    }

    async fn new_end(&self, of: ReplacementId) -> Result<End, Reason> {
        let name = self.plan.replacement(of).name().to_owned();
        self.end(name, self.find(of).await?.as_ref()).await
    }

    async fn end(&self, name: String, id: Option<&ContainerId>) -> Result<End, Reason> {
        let seen = match id {
            Some(id) => self.look(id).await?,
            None => None,
        };
        let address = seen.as_ref().and_then(own_address);
        Ok(End { name, address: address.map(|it| it.to_string()).unwrap_or_default() })
    }

    async fn run_switch(&self, of: ReplacementId, from: &End, to: &End) -> Result<(), Reason> {
        let service = self.plan.service(of);
        let Some(wanted) = &service.switch else { return Ok(()) };
        let command = HostCommand {
            words: wanted.command.clone(),
            dir: wanted.dir.clone(),
            env: vec![
                (switch::PROJECT, self.plan.project.clone()),
                (switch::SERVICE, service.service.clone()),
                (switch::OLD_NAME, from.name.clone()),
                (switch::OLD_ADDRESS, from.address.clone()),
                (switch::NEW_NAME, to.name.clone()),
                (switch::NEW_ADDRESS, to.address.clone()),
            ],
            deadline: DEADLINE,
        };
        // Two that edit one file at the same time would lose what one of them wrote.
        let _alone = self.host_lock.lock().await;
        self.host.run(&command).await
    }
}
