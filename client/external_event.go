package client

// ExternalEvents is what other services tell the Compute API about servers.
type ExternalEvents struct{ s *Service }
