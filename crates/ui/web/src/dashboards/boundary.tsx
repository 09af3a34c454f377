// Keeps a failure while drawing inside its panel.

import { Component, type ComponentChildren } from "preact";

interface Props {
  children: ComponentChildren;
}

export class Boundary extends Component<Props, { message?: string }> {
  static override getDerivedStateFromError(error: unknown): { message: string } {
    return { message: error instanceof Error ? error.message : String(error) };
  }

  override componentDidCatch(error: unknown): void {
    console.error("a panel cannot be drawn", error);
  }

  override render(): ComponentChildren {
    const { message } = this.state;
    if (message === undefined) return this.props.children;
    return (
      <p class="panel-state panel-problem" role="alert">
        This panel cannot be drawn: {message}
      </p>
    );
  }
}
