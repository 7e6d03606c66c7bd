package client

// Migrations are the moves of servers between hosts.
type Migrations struct{ s *Service }
