package cloud

import "github.com/novalet/novalet/api/wire"

// Secret is a string that does not print itself; see wire.Secret.
type Secret = wire.Secret
