package process

import "golang.org/x/sys/windows"

// undumpable switches off what Windows does when a program crashes: the box,
// and with it the report that holds a dump.
func undumpable() error {
	windows.SetErrorMode(windows.SEM_FAILCRITICALERRORS | windows.SEM_NOGPFAULTERRORBOX)
	return nil
}
