package config

import (
	"net/netip"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
)

// CheckCommand is `config check` of a daemon: report reads the file as the
// daemon would, and contacts nothing.
func CheckCommand(env *cli.Env, report func(file string) (Report, error)) *cobra.Command {
	file := ""
	c := &cobra.Command{
		Use:   "check",
		Short: "say what the configuration file means, and what would be contacted; contacts nothing",
		Args:  cli.Args(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			r, err := report(file)
			if err != nil {
				return err
			}
			return r.Print(env)
		},
	}
	c.Flags().StringVar(&file, "config", "", "configuration file")
	return cli.Group("config", "about configuration files", c)
}

// Report is what a daemon with a file would do on the network and on this
// host. It is what `config check` prints.
type Report struct {
	File string `json:"file"`
	// Data is the data directory.
	Data string `json:"data"`
	// Contacts is all that would be contacted.
	Contacts []Contact `json:"contacts"`
	// Listens is where the daemon would listen, sockets included.
	Listens []Listen `json:"listens"`
	// Notes are what else whoever runs it should know.
	Notes []string `json:"notes,omitempty"`
}

// Contact is one host and port that would be contacted.
type Contact struct {
	Host string `json:"host"`
	Port uint16 `json:"port"`
	TLS  bool   `json:"tls"`
	// Certificate says which certificate is taken: its fingerprint, "system"
	// for the system's roots and the host name, or "" without TLS.
	Certificate string `json:"certificate,omitempty"`
}

// Listen is one address or socket.
type Listen struct {
	What  string `json:"what"`
	Where string `json:"where"`
	// Who may call.
	Who string `json:"who"`
}

// Contacts returns what URLs contact when pin is the fingerprint to expect, ""
// for none.
func Contacts(urls []URL, pin string) []Contact {
	if pin == "" {
		pin = "system"
	}
	out := make([]Contact, len(urls))
	for i, u := range urls {
		a := u.Address()
		out[i] = Contact{Host: a.Host, Port: a.Port, TLS: u.TLS()}
		if u.TLS() {
			out[i].Certificate = pin
		}
	}
	return out
}

// Print prints the report, as text or JSON.
func (r Report) Print(env *cli.Env) error {
	if env.JSON {
		if r.Contacts == nil {
			r.Contacts = []Contact{}
		}
		if r.Listens == nil {
			r.Listens = []Listen{}
		}
		return env.PrintJSON(r)
	}
	env.Printf("%s is good. Nothing was contacted.\n\n", cli.Shown(r.File))
	w := tabwriter.NewWriter(env.Out, 0, 0, 2, ' ', 0)
	row := func(cells ...string) {
		for i, c := range cells {
			if i > 0 {
				c = "\t" + c
			}
			_, _ = w.Write([]byte(cli.Shown(c))) // Flush says whether it could be written
		}
		_, _ = w.Write([]byte("\n"))
	}
	row("data", r.Data)
	for _, c := range r.Contacts {
		row("contacts", Address{Host: c.Host, Port: c.Port}.String(), c.how())
	}
	for _, l := range r.Listens {
		row("listens", l.Where, l.What+"; for "+l.Who)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	env.Printf("\n%s\n", r.nothingElse())
	for _, n := range r.Notes {
		env.Printf("note: %s\n", cli.Shown(n))
	}
	return nil
}

func (c Contact) how() string {
	switch {
	case !c.TLS:
		return "without TLS: this host only"
	case c.Certificate == "system":
		return "TLS; a certificate for that name by the system's roots"
	}
	return "TLS; the certificate " + c.Certificate
}

// nothingElse says what is not contacted, and who else hears of a name.
func (r Report) nothingElse() string {
	if len(r.Contacts) == 0 {
		return "Nothing is contacted."
	}
	text := "Nothing else is contacted"
	for _, c := range r.Contacts {
		if _, err := netip.ParseAddr(c.Host); err != nil && !(Address{Host: c.Host}).Loopback() {
			return text + ", but for the system's resolver, which finds hosts by their names."
		}
	}
	return text + "."
}
