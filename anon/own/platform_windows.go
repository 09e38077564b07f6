package own

import (
	"os"
	"strings"

	"golang.org/x/sys/windows/registry"
)

// Keys of the registry that everybody may read.
const (
	profileList  = `SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList`
	currentSetup = `SOFTWARE\Microsoft\Windows NT\CurrentVersion`
	cryptography = `SOFTWARE\Microsoft\Cryptography`
	tcpip        = `SYSTEM\CurrentControlSet\Services\Tcpip\Parameters`
	smbios       = `SYSTEM\CurrentControlSet\Services\mssmbios\Data`
	lastLogon    = `SOFTWARE\Microsoft\Windows\CurrentVersion\Authentication\LogonUI`
)

// platform returns what the registry knows: accounts with a profile, names and
// domains, the machine's ID, its SID, and the firmware's serials. A key that is
// not there is no error.
func platform(Config) (out []found, err error) {
	out = profiles()
	for _, name := range []string{"Hostname", "NV Hostname"} {
		out = append(out, hosts(text(tcpip, name))...)
	}
	for _, name := range []string{"Domain", "NV Domain", "DhcpDomain", "SearchList"} {
		for domain := range strings.SplitSeq(text(tcpip, name), ",") {
			out = append(out, hosts("."+domain)...)
		}
	}
	out = append(out, hosts(os.Getenv("COMPUTERNAME"), os.Getenv("USERDOMAIN"), "."+os.Getenv("USERDNSDOMAIN"))...)
	out = append(out, serial(text(cryptography, "MachineGuid"))...)
	out = append(out, serial(text(currentSetup, "ProductId"))...)
	for _, name := range []string{"RegisteredOwner", "RegisteredOrganization"} {
		if v := text(currentSetup, name); len(v) > 1 {
			out = append(out, found{class: User, value: v})
		}
	}
	out = append(out, person("", text(lastLogon, "LastLoggedOnDisplayName"), "")...)
	return append(out, firmware()...), nil
}

// profiles returns who has a profile here, and the SID that the machine or the
// domain gave them.
func profiles() (out []found) {
	list, err := registry.OpenKey(registry.LOCAL_MACHINE, profileList, registry.ENUMERATE_SUB_KEYS)
	if err != nil {
		return nil
	}
	defer list.Close()
	sids, err := list.ReadSubKeyNames(maxLines)
	if err != nil && len(sids) == 0 {
		return nil
	}
	for _, sid := range sids {
		if !strings.HasPrefix(sid, "S-1-5-21-") && !strings.HasPrefix(sid, "S-1-12-1-") {
			continue // a service
		}
		out = append(out, serial(sid)...)
		if i := strings.LastIndexByte(sid, '-'); strings.Count(sid, "-") == 7 {
			out = append(out, serial(sid[:i])...)
		}
		if home := text(profileList+`\`+sid, "ProfileImagePath"); home != "" {
			name := home[strings.LastIndexAny(home, `/\`)+1:]
			name, _, _ = strings.Cut(name, ".") // name.DOMAIN, when the name was taken
			out = append(out, person(name, "", home)...)
		}
	}
	return out
}

// text returns a value of a key of this machine, or "".
func text(path, name string) string {
	k, err := registry.OpenKey(registry.LOCAL_MACHINE, path, registry.QUERY_VALUE)
	if err != nil {
		return ""
	}
	defer k.Close()
	v, _, err := k.GetStringValue(name)
	if err != nil {
		return ""
	}
	if full, err := registry.ExpandString(v); err == nil {
		v = full
	}
	return v
}

// firmware returns the serials of the firmware's tables. Before them stand eight
// bytes about the tables.
func firmware() []found {
	k, err := registry.OpenKey(registry.LOCAL_MACHINE, smbios, registry.QUERY_VALUE)
	if err != nil {
		return nil
	}
	defer k.Close()
	table, _, err := k.GetBinaryValue("SMBiosData")
	if err != nil || len(table) < 8 {
		return nil
	}
	return smbiosSerials(table[8:])
}
