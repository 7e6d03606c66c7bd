package client

// Hypervisors are the hypervisors.
type Hypervisors struct{ s *Service }
