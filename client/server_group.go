package client

// ServerGroups are the server groups of the caller's project.
type ServerGroups struct{ s *Service }
