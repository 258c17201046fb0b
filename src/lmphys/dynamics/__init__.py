"""From states to a fitted, tested stochastic model."""

from lmphys.dynamics.approach import Approach, approach_derailment, approach_wrong_answer
from lmphys.dynamics.bootstrap import Interval, bootstrap_chains
from lmphys.dynamics.completion import Completion
from lmphys.dynamics.criticality import (
    expected_window_variance,
    rolling_indicators,
    slowing_down,
    softening_chains,
)
from lmphys.dynamics.detection import calibrate, evidence, place, power
from lmphys.dynamics.drift import LinearDrift
from lmphys.dynamics.fokker_planck import FokkerPlanck
from lmphys.dynamics.implant import implant, implanted_chains, regime_separation, white_residuals
from lmphys.dynamics.inference import Inference
from lmphys.dynamics.labelled import LabelledSLDS, regime_gains
from lmphys.dynamics.langevin import DoubleWell, OrnsteinUhlenbeck, euler_maruyama, stationary_variance
from lmphys.dynamics.latent import LatentParameters
from lmphys.dynamics.leak import leak_curve
from lmphys.dynamics.leakage import Leakage, leakage
from lmphys.dynamics.maps import recovery_ceiling, recovery_map
from lmphys.dynamics.mixtures import (
    COVARIANCES,
    STUDENT,
    Regimes,
    against_student,
    choose_mixture,
    count_components,
    find_regimes,
    linear_twins,
)
from lmphys.dynamics.modes import count_modes, dip_excess, dip_test
from lmphys.dynamics.norms import (
    GroupR2,
    excess_kurtosis_interval,
    fit_tails,
    group_r2,
    median_ratio,
)
from lmphys.dynamics.parameters import SLDSParameters
from lmphys.dynamics.peers import LatentSLDS, SSMPeer, compare_peers
from lmphys.dynamics.projection import (
    Projection,
    davis_kahan_bound,
    principal_angles,
    random_overlap,
    rank_share,
    split_half_angles,
    subspace_overlap,
)
from lmphys.dynamics.r2 import expected_r2_ar1, r2_gain
from lmphys.dynamics.realism import autocorrelation, compare_simulated, dwell_times, occupancy, simulate_twins
from lmphys.dynamics.scores import held_out_scores, one_step_scores, residual_nll
from lmphys.dynamics.selection import choose_rank, choose_regimes
from lmphys.dynamics.severity import Severity, severity_sweep
from lmphys.dynamics.slds import SLDS
from lmphys.dynamics.stability import match_regimes, regime_stability
from lmphys.dynamics.student import StudentT, mardia_excess
from lmphys.dynamics.surrogates import phase_randomise, shuffle_chains, shuffle_order
from lmphys.dynamics.synthetic import draw_chains, random_parameters, recovery

__all__ = [
    "COVARIANCES",
    "SLDS",
    "STUDENT",
    "Approach",
    "Completion",
    "DoubleWell",
    "FokkerPlanck",
    "GroupR2",
    "Inference",
    "Interval",
    "LabelledSLDS",
    "LatentParameters",
    "LatentSLDS",
    "Leakage",
    "LinearDrift",
    "OrnsteinUhlenbeck",
    "Projection",
    "Regimes",
    "SLDSParameters",
    "SSMPeer",
    "Severity",
    "StudentT",
    "against_student",
    "approach_derailment",
    "approach_wrong_answer",
    "autocorrelation",
    "bootstrap_chains",
    "calibrate",
    "choose_mixture",
    "choose_rank",
    "choose_regimes",
    "compare_peers",
    "compare_simulated",
    "count_components",
    "count_modes",
    "davis_kahan_bound",
    "dip_excess",
    "dip_test",
    "draw_chains",
    "dwell_times",
    "euler_maruyama",
    "evidence",
    "excess_kurtosis_interval",
    "expected_r2_ar1",
    "expected_window_variance",
    "find_regimes",
    "fit_tails",
    "group_r2",
    "held_out_scores",
    "implant",
    "implanted_chains",
    "leak_curve",
    "leakage",
    "linear_twins",
    "mardia_excess",
    "match_regimes",
    "median_ratio",
    "occupancy",
    "one_step_scores",
    "phase_randomise",
    "place",
    "power",
    "principal_angles",
    "r2_gain",
    "random_overlap",
    "random_parameters",
    "rank_share",
    "recovery",
    "recovery_ceiling",
    "recovery_map",
    "regime_gains",
    "regime_separation",
    "regime_stability",
    "residual_nll",
    "rolling_indicators",
    "severity_sweep",
    "shuffle_chains",
    "shuffle_order",
    "simulate_twins",
    "slowing_down",
    "softening_chains",
    "split_half_angles",
    "stationary_variance",
    "subspace_overlap",
    "white_residuals",
]
