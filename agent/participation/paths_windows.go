package participation

import (
	"path/filepath"

	"golang.org/x/sys/windows"
)

// machineDir is where an administrator's decisions for the whole host stand.
// The system is asked and not %ProgramData%, which any user can set for the
// processes that he starts.
func machineDir() string {
	data, err := windows.KnownFolderPath(windows.FOLDERID_ProgramData, windows.KF_FLAG_DEFAULT)
	if err != nil {
		data = `C:\ProgramData`
	}
	return filepath.Join(data, "Tacit")
}
