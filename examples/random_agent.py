"""A random agent in the Gymnasium environment: the loop any agent is trained in."""

import sys

import gymnasium


def main(flights: int = 3, max_steps: int = 150) -> list[tuple[str, float]]:
    """Fly and return how each flight ended ("cut" after `max_steps`) and its sum of rewards."""
    # The module before the colon is imported first; importing `scenarios` registers the ids.
    env = gymnasium.make("scenarios:Trident/Navigate-v0")
    env.action_space.seed(0)
    summary = []
    for flight in range(flights):
        observation, info = env.reset(seed=flight)
        assert observation in env.observation_space
        total = 0.0
        for _ in range(max_steps):
            action = env.action_space.sample()  # vx, vy, vz, yaw rate in the heading frame
            observation, reward, terminated, truncated, info = env.step(action)
            total += float(reward)
            if terminated or truncated:
                break
        summary.append((info.get("outcome", "cut"), total))
    env.close()
    return summary


if __name__ == "__main__":
    for outcome, total in main():
        sys.stdout.write(f"{outcome:<20} {total:8.2f}\n")
