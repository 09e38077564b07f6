package own

import "strings"

// common are names that hosts, domains and accounts have by default, and words
// that every log holds. Found anywhere, they would block every batch and
// protect nobody.
const common = ` admin administrator agent alpine android arch archlinux arm backup bastion
 build builder buildd centos client cloud cluster computer console container controller core
 daemon data database debian default deploy desktop dev developer devel docker domain
 ec2-user example fedora ftp gateway git gitlab gopher guest home host hostname http internal
 jenkins kali kubernetes lan laptop linux local localdomain localhost lxc macbook machine mail
 main mark master mint monitor mysql name network nginx nobody node operator oracle owner path
 phone pi pod podman postgres postgresql prod production proxy public raspberrypi redhat remote
 rocky root router runner sandbox secret server service shell slave staff staging storage suse
 support system tacit temp test tester testing toolbox ubuntu ubuntu-server unknown user
 username vagrant virtual vm web webmaster windows word worker workstation www-data `

// isDefault reports whether a value, in lower case, is one of the common names.
func isDefault(s string) bool {
	return s != "" && !strings.ContainsAny(s, " \n") &&
		(strings.Contains(common, " "+s+" ") || strings.Contains(common, " "+s+"\n"))
}

// minNumber is how many digits a number needs to be found anywhere.
const minNumber = 8

// weak reports whether other text holds the value by chance: it is short, or
// each of its parts is a common word or a number.
func (ids *Identifiers) weak(value string) bool {
	low := strings.ToLower(value)
	if len(low) < minStrong || ids.isCommon(low) {
		return true
	}
	for part := range strings.FieldsFuncSeq(low, isJoin) {
		if strings.Trim(part, "0123456789") != "" && !ids.isCommon(part) {
			return false
		}
	}
	return strings.Trim(low, "0123456789-_.") != "" || len(low) < minNumber
}

func (ids *Identifiers) isCommon(low string) bool {
	return isDefault(low) || ids.common != nil && ids.common(low)
}

func isJoin(r rune) bool { return r == '-' || r == '_' || r == '.' }
