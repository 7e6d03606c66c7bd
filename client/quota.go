package client

// Quotas are the limits of projects.
type Quotas struct{ s *Service }

// QuotaClasses are the limits of classes of projects.
type QuotaClasses struct{ s *Service }

// Limits is what a project may use and uses.
type Limits struct{ s *Service }
