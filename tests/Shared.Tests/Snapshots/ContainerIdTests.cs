using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Tests.Snapshots;

public class ContainerIdTests
{
    private const string Id = "3f1c0de5b1a94f7e8c2d6a5b4e3f20112233445566778899aabbccddeeff0011";
    private const string Other = "00000de5b1a94f7e8c2d6a5b4e3f20112233445566778899aabbccddeeff0011";

    [Theory]
    [InlineData($"/docker/{Id}")]
    [InlineData($"/system.slice/docker-{Id}.scope")]
    [InlineData($"/system.slice/docker-{Id}.scope/system.slice/cron.service")] // systemd inside
    [InlineData($"/docker/{Other}/docker/{Id}")] // docker inside docker
    [InlineData($"/../{Id}")] // seen from another container
    [InlineData($"/system.slice/cri-containerd-{Id}.scope")]
    [InlineData($"/default/{Id}")]
    [InlineData($"/kubepods/burstable/pod8a4f7f0e-1c1d-4d3f-9c35-6d7f1c2d3e4f/{Id}")]
    [InlineData($"/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod8a4f7f0e_1c1d_4d3f_9c35_6d7f1c2d3e4f.slice/cri-containerd-{Id}.scope")]
    [InlineData($"/kubepods.slice/kubepods-pod8a4f7f0e.slice/crio-{Id}.scope")]
    [InlineData($"/system.slice/containerd.service/kubepods-besteffort-pod8a4f7f0e_1c1d.slice:cri-containerd:{Id}")]
    [InlineData($"/machine.slice/libpod-{Id}.scope/container")]
    [InlineData($"/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-{Id}.scope")]
    [InlineData($"/libpod_parent/{Id}")]
    public void Of_PathOfARuntime_IsItsId(string cgroup) => Assert.Equal(Id, ContainerId.Of(cgroup));

    [Theory]
    [InlineData("/lxc/web-1", "web-1")]
    [InlineData("/lxc/web-1/user.slice", "web-1")]
    [InlineData("/lxc.payload/web-1", "web-1")]
    [InlineData("/lxc.payload.web-1/system.slice", "web-1")]
    public void Of_PathOfLxc_IsItsName(string cgroup, string name) => Assert.Equal(name, ContainerId.Of(cgroup));

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("/user.slice/user-1000.slice/session-3.scope")]
    [InlineData("/system.slice/docker.service")]
    [InlineData($"/machine.slice/libpod-conmon-{Id}.scope")]
    [InlineData($"/kubepods.slice/crio-conmon-{Id}.scope")]
    [InlineData("/lxc/")]
    [InlineData("/lxc.payload.")]
    [InlineData("/lxc.monitor.web-1")]
    [InlineData("/docker/3f1c0de5b1a9")] // too short
    [InlineData($"/docker/{Id}0")] // too long
    [InlineData($"/docker/x{Id}")]
    public void Of_AnythingElse_IsNull(string cgroup) => Assert.Null(ContainerId.Of(cgroup));

    [Fact]
    public void Of_PathMadeToBeSlow_IsNull() => Assert.Null(ContainerId.Of("/" + string.Concat(Enumerable.Repeat("conmon-a:", 400))));
}
