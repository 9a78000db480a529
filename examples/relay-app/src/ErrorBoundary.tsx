import { Component, type ReactNode } from "react";

interface Props {
  children: ReactNode;
  onRetry: () => void;
}

/** Says what went wrong below it, and lets the reader try again. */
export class ErrorBoundary extends Component<Props, { error: Error | null }> {
  state: { error: Error | null } = { error: null };

  static getDerivedStateFromError(error: Error) {
    return { error };
  }

  render() {
    const retry = () => {
      this.props.onRetry();
      this.setState({ error: null });
    };
    if (!this.state.error) return this.props.children;
    return (
      <div role="alert" className="card">
        <p>{this.state.error.message}</p>
        <button onClick={retry}>Try again</button>
      </div>
    );
  }
}
