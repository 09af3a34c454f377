// The offer to go on with what was changed and not saved.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { Button } from "../components/button";
import { Icon } from "../components/icon";
import { fromNow } from "../format/dates";
import { type Draft, forget, restore } from "./drafts";
import { Differences } from "./editor/differences";
import { useSession } from "./session";

export function DraftOffer({ draft }: { readonly draft: Draft }): JSX.Element {
  const session = useSession();
  const [isOpen, setOpen] = useState(false);
  const { uid, version, provisioned, builtin } = session.meta.value;
  const isOld = draft.version !== version;
  return (
    <section class="state slim no-print draft-offer" aria-label="Draft">
      <Icon name="edit" />
      <div class="grow">
        <strong>You changed this dashboard {fromNow(draft.keptMs, Date.now())}</strong> and did not
        save it.
        {isOld && ` It was version ${draft.version} then; version ${version} is there now.`}
        {isOpen && <Differences uid={uid} version={version} dashboard={draft.dashboard} />}
      </div>
      <Button look="primary" onClick={() => restore(session, draft)}>
        Restore
      </Button>
      {!provisioned && !builtin && (
        <Button isPressed={isOpen} onClick={() => setOpen(!isOpen)}>
          Compare
        </Button>
      )}
      <Button onClick={() => forget(session, draft)}>Throw away</Button>
    </section>
  );
}
