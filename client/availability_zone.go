package client

// AvailabilityZones are the availability zones.
type AvailabilityZones struct{ s *Service }
