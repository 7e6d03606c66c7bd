package compute

import "github.com/novalet/novalet/api/wire"

func volumeAttachmentRoutes() []wire.Endpoint { return nil }
