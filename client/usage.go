package client

// Usages is what projects used, for billing.
type Usages struct{ s *Service }

// UsageAudits is the log of usage audits of hosts.
type UsageAudits struct{ s *Service }
