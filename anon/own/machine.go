package own

import (
	"encoding/base64"
	"encoding/binary"
	"io/fs"
	"strings"
)

// machineFiles hold one ID each: of systemd and D-Bus, this boot's, the
// firmware's, the hypervisor's and the cloud's.
var machineFiles = []string{
	"etc/machine-id", "var/lib/dbus/machine-id", "proc/sys/kernel/random/boot_id",
	"sys/class/dmi/id/product_uuid", "sys/class/dmi/id/product_serial", "sys/class/dmi/id/board_serial",
	"sys/class/dmi/id/chassis_serial", "sys/class/dmi/id/board_asset_tag", "sys/class/dmi/id/chassis_asset_tag",
	"sys/firmware/devicetree/base/serial-number", "sys/hypervisor/uuid",
	"var/lib/cloud/data/instance-id", "run/cloud-init/.instance-id",
}

// machineIDs returns what names this machine.
func machineIDs(c Config) (out []found, err error) {
	for _, name := range machineFiles {
		for line := range lines(c.Root, name) {
			out = append(out, serial(line)...)
		}
	}
	return out, nil
}

// placeholders are what firmware has where nobody wrote a serial.
const placeholders = " default string|to be filled by o.e.m.|system serial number|base board serial number|chassis serial number|" +
	"not specified|not available|not applicable|unspecified|unknown|undefined|invalid|serial|0123456789|123456789|1234567890|" +
	"no asset tag|no asset information|asset tag|uninitialized|iid-datasource-none|nocloud|qemu harddisk|"

// serial returns an ID, if it is one.
func serial(v string) []found {
	v = strings.TrimSpace(strings.Trim(v, "\x00"))
	low := strings.ToLower(v)
	if len(v) < minStrong || len(v) > MaxNeverLen || strings.Trim(low, "0fx- .") == "" ||
		strings.Contains(placeholders, low+"|") || isDefault(low) || strings.IndexFunc(v, isControl) >= 0 {
		return nil
	}
	return []found{{class: Machine, value: v}}
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f || r == 0xfffd }

// diskFiles are serials of disks, where the system lets everybody read them.
var diskFiles = []string{
	"sys/block/*/serial", "sys/block/*/device/serial", "sys/block/*/wwid", "sys/block/*/device/wwid", "sys/class/nvme/*/serial", "sys/class/nvme/*/subsysnqn",
}

// diskLinks are directories of which the names are serials or IDs.
var diskLinks = []string{"dev/disk/by-id", "dev/disk/by-uuid", "dev/disk/by-partuuid", "var/lib/cloud/instances"}

// minSerial is how many characters a part of a name has that is a serial.
const minSerial = 8

// diskIDs returns what names this machine's disks and file systems.
func diskIDs(c Config) (out []found, err error) {
	for _, pattern := range diskFiles {
		files, err := fs.Glob(c.Root, pattern)
		if err != nil {
			return out, err
		}
		for _, name := range files[:min(len(files), maxLines)] {
			for line := range lines(c.Root, name) {
				out = append(out, serial(line)...)
				if f := strings.Fields(line); len(f) > 1 { // maker, model, serial
					out = append(out, diskSerial(f[len(f)-1])...)
				}
			}
		}
	}
	for _, dir := range diskLinks {
		for _, e := range names(c.Root, dir) {
			name := e.Name()
			if strings.HasSuffix(dir, "by-id") {
				if _, name, _ = strings.Cut(name, "-"); strings.Contains(name, "-part") {
					continue // of a disk that has a name of its own
				}
			}
			out = append(out, diskSerial(name)...)
		}
	}
	return out, nil
}

// diskSerial returns the last part of a name that may be a serial: with a
// number, and long enough.
func diskSerial(name string) []found {
	name = strings.TrimPrefix(strings.TrimPrefix(name, "uuid-"), "0x")
	for name != "" {
		at := strings.LastIndexByte(name, '_')
		if part := name[at+1:]; len(part) >= minSerial && strings.ContainsAny(part, "0123456789") {
			return serial(part)
		}
		name = name[:max(at, 0)]
	}
	return nil
}

// Sizes of what names a container.
const (
	containerID = 64 // digits in base 16
	shortID     = 12 // as hosts of containers and lists show it
	podID       = 36 // a UUID
)

// containerIDs returns the container that this process runs in.
func containerIDs(c Config) (out []found, err error) {
	for _, name := range []string{"proc/self/cgroup", "proc/self/mountinfo"} {
		for line := range lines(c.Root, name) {
			if strings.HasSuffix(name, "mountinfo") && !strings.Contains(line, "/containers/") && !strings.Contains(line, "/pods/") {
				continue
			}
			for part := range strings.FieldsFuncSeq(line, func(r rune) bool { return !strings.ContainsRune("0123456789abcdef-_", r) }) {
				part = strings.ReplaceAll(strings.Trim(part, "-_"), "_", "-")
				switch len(part) {
				case containerID:
					out = append(out, serial(part)...)
					out = append(out, serial(part[:shortID])...)
				case podID:
					out = append(out, serial(part)...)
				}
			}
		}
	}
	return out, nil
}

// hostKeys returns the host's public SSH keys: they and their fingerprints name
// it to everybody who ever connected.
func hostKeys(c Config) (out []found, err error) {
	files, err := fs.Glob(c.Root, "etc/ssh/ssh_host_*_key.pub")
	if err != nil {
		return nil, err
	}
	for _, name := range files[:min(len(files), maxLines)] {
		for line := range lines(c.Root, name) {
			if f := strings.Fields(line); len(f) > 1 {
				if blob, err := base64.StdEncoding.DecodeString(f[1]); err == nil && len(blob) >= minSerial {
					out = append(out, found{class: Machine, value: string(blob), key: true})
				}
			}
		}
	}
	return out, nil
}

// lastField returns the last of the fields of a public SSH key, each of which is
// its length and its bytes: what no other key has.
func lastField(blob []byte) (last []byte) {
	for len(blob) >= 4 {
		n := binary.BigEndian.Uint32(blob)
		if blob = blob[4:]; uint64(n) > uint64(len(blob)) {
			return last
		}
		last, blob = blob[:n], blob[n:]
	}
	return last
}
