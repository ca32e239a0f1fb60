from __future__ import annotations

from tfhd.serving.server.config_files import DEPLOY, read_batching, read_metrics_path, read_models


def test_the_files_in_deploy_are_read_as_they_say() -> None:
    (model,) = read_models(DEPLOY / "models.config").model_config_list.config
    assert (model.name, model.model_version_policy.latest.num_versions) == ("default", 1)
    assert read_batching(DEPLOY / "batching.config").options.allowed_batch_sizes == (1, 2, 4, 8)
    assert read_batching(DEPLOY / "batching_params.pbtxt").options.max_batch_size == 1
    assert read_metrics_path(DEPLOY / "monitoring.config") == "/monitoring/prometheus/metrics"
