package compute

import "github.com/novalet/novalet/api/wire"

func externalEventRoutes() []wire.Endpoint { return nil }
