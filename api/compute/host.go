package compute

import "github.com/novalet/novalet/api/wire"

func hostRoutes() []wire.Endpoint { return nil }
