package httpd

import "context"

// requestState is what the edge learns about a request on its way in.
type requestState struct {
	id      string
	project string // the project segment of the URL
	route   string
	user    string
}

type stateKey struct{}

func withState(ctx context.Context, s *requestState) context.Context {
	return context.WithValue(ctx, stateKey{}, s)
}

func stateOf(ctx context.Context) *requestState {
	s, _ := ctx.Value(stateKey{}).(*requestState)
	return s
}
