package pgtest

// Launch starts a cluster for a program that is no test, such as cmd/bench. [Cluster.Remove] ends it; so does the end of
// the process.
func Launch(options Options) (*Cluster, error) { return startCluster(options) }

// Remove stops a cluster of [Launch] at once and removes its folder.
func (c *Cluster) Remove() error { return c.remove() }

// URL returns the URL of a database of the cluster, such as postgres, which is always there.
func (c *Cluster) URL(database string) string { return c.url(database) }

// Folder returns where the cluster lies; data/postmaster.pid in it begins with the server's process id.
func (c *Cluster) Folder() string { return c.dir }
