package client

// Services are the services of the Compute API: nova-compute on each host, and those that control.
type Services struct{ s *Service }
