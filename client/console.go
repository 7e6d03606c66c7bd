package client

// ConsoleTokens is what tokens of consoles stand for.
type ConsoleTokens struct{ s *Service }
