package store

import "context"

type actorKey struct{}

// WithActor says who acts in ctx, for the audit: "user NAME".
func WithActor(ctx context.Context, who string) context.Context {
	return context.WithValue(ctx, actorKey{}, who)
}

// Actor is who acts in ctx: "cli" where nobody signed in, whoever may use the data directory.
func Actor(ctx context.Context) string {
	if who, ok := ctx.Value(actorKey{}).(string); ok {
		return who
	}
	return "cli"
}
