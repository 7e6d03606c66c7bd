package client

// Aggregates are the host aggregates.
type Aggregates struct{ s *Service }
