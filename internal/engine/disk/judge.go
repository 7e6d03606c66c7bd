package disk

// Judge is the whole verdict on an upload that is declared to be of
// diskFormat: its virtual size in bytes, or the reason why it must not be used.
// With it an Inspector is a cloud.ImageInspector.
func (i *Inspector) Judge(diskFormat string) (virtualSize int64, err error) {
	info, err := i.Verdict()
	if err == nil {
		err = Check(diskFormat, info)
	}
	return info.VirtualSize, err
}
