package story

import (
	"encoding/binary"
	"net"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// loopbackUp brings the namespace's loopback up and sends everything there,
// also what would go to a network, so that a dial to anywhere is seen.
func loopbackUp(t *testing.T) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	lo, err := unix.NewIfreq("lo")
	if err != nil {
		t.Fatal(err)
	}
	lo.SetUint16(unix.IFF_UP)
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, lo); err != nil {
		t.Fatalf("bring loopback up: %v", err)
	}
	if err := defaultRoute(); err != nil {
		t.Fatalf("route everything to loopback: %v", err)
	}
}

// defaultRoute routes everything to interface 1, which is loopback (rtnetlink(7)).
func defaultRoute() error {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	e := binary.NativeEndian
	m := make([]byte, 0, 36)
	m = e.AppendUint32(m, 36)
	m = e.AppendUint16(m, unix.RTM_NEWROUTE)
	m = e.AppendUint16(m, unix.NLM_F_REQUEST|unix.NLM_F_ACK|unix.NLM_F_CREATE)
	m = append(m, make([]byte, 8)...) // sequence and port
	m = append(m, unix.AF_INET, 0, 0, 0, unix.RT_TABLE_MAIN, unix.RTPROT_BOOT, unix.RT_SCOPE_LINK, unix.RTN_UNICAST, 0, 0, 0, 0)
	m = e.AppendUint16(m, 8)
	m = e.AppendUint16(m, unix.RTA_OIF)
	m = e.AppendUint32(m, 1)
	if err := unix.Sendto(fd, m, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return err
	}
	answer := make([]byte, 1024)
	n, _, err := unix.Recvfrom(fd, answer, 0)
	if err != nil || n < 20 {
		return err
	}
	if code := -int32(e.Uint32(answer[16:])); code != 0 {
		return syscall.Errno(code)
	}
	return nil
}

// wire is a socket outside of every process of Tacit that counts who is
// called.
type wire struct{ dialled atomic.Int64 }

// dials returns how many TCP connections were begun, and UDP datagrams sent.
func (w *wire) dials() int { return int(w.dialled.Load()) }

// watchWire listens to the loopback of this network namespace until the test
// ends.
func watchWire(t *testing.T) *wire {
	t.Helper()
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, int(htons(unix.ETH_P_ALL)))
	if err != nil {
		t.Fatalf("listen to the wire: %v", err)
	}
	// Each packet passes twice: as it leaves, and as it arrives.
	if err := unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_IGNORE_OUTGOING, 1); err != nil {
		t.Fatalf("listen to the wire: %v", err)
	}
	f, w, ended := os.NewFile(uintptr(fd), "wire"), new(wire), make(chan struct{})
	go func() {
		defer close(ended)
		for b := make([]byte, 1<<17); ; {
			n, err := f.Read(b)
			if err != nil {
				return // closed, at the end of the test
			}
			if begins(b[:n]) {
				w.dialled.Add(1)
			}
		}
	}()
	t.Cleanup(func() { _ = f.Close(); <-ended })
	return w
}

func htons(n uint16) uint16 { return n<<8 | n>>8 }

// begins says whether an Ethernet frame begins something: a SYN without ACK, or
// a datagram.
func begins(frame []byte) bool {
	if len(frame) < 14+20 {
		return false
	}
	packet := frame[14:]
	var protocol byte
	var payload []byte
	switch binary.BigEndian.Uint16(frame[12:]) {
	case unix.ETH_P_IP:
		protocol, payload = packet[9], packet[min(len(packet), int(packet[0]&15)*4):]
	case unix.ETH_P_IPV6:
		protocol, payload = packet[6], packet[min(len(packet), 40):]
	default:
		return false
	}
	const syn, ack = 1 << 1, 1 << 4
	return protocol == unix.IPPROTO_UDP || protocol == unix.IPPROTO_TCP && len(payload) > 13 && payload[13]&(syn|ack) == syn
}

// established counts the ends of TCP connections to or from a port that the
// kernel has in state ESTABLISHED, in the network of a process.
func established(t *testing.T, pid int, hostport string) (n int) {
	t.Helper()
	_, text, err := net.SplitHostPort(hostport)
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"tcp", "tcp6"} {
		b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/net/" + table)
		if err != nil {
			continue // a kernel without IPv6
		}
		for line := range strings.Lines(string(b)) {
			if f := strings.Fields(line); len(f) > 3 && f[3] == "01" && (hasPort(f[1], port) || hasPort(f[2], port)) {
				n++
			}
		}
	}
	return n
}

// hasPort says whether an address as in /proc/net/tcp has the port.
func hasPort(address string, port uint64) bool {
	_, hex, _ := strings.Cut(address, ":")
	got, err := strconv.ParseUint(hex, 16, 16)
	return err == nil && got == port
}
